/** The private channel's endpoint for a set of settings: the one function that core, tray and command line share. */
import type { Inputs } from "./config/paths.ts";
import { variable } from "./config/paths.ts";
import type { Settings } from "./config/load.ts";
import { type Endpoint, resolveEndpoint } from "./ipc/endpoint.ts";
import { derivedFolder } from "./ipc/private_channel.ts";

/**
 * Resolves the endpoint.
 * @param settings as loaded
 * @param inputs flags and environment
 * @param dataDirectory the data directory's real path, so that a link to it and its target mean the same core
 * @returns where the private channel lies, whether or not it is enabled
 * @throws {EndpointError} if one was given that cannot work
 */
export async function endpointOf(
  settings: Settings,
  inputs: Inputs,
  dataDirectory: string,
): Promise<Endpoint> {
  return await resolveEndpoint({
    os: inputs.platform,
    flag: inputs.flags.trayEndpoint,
    environment: variable(inputs.environment, "MCPPROXY_TRAY_ENDPOINT"),
    config: settings.document.config.tray_endpoint,
    dataDirectory,
    isDefaultDataDirectory: settings.paths.isDefaultDataDirectory,
    userName: variable(inputs.environment, "USERNAME"),
    shortFolder: derivedFolder() ?? "",
  });
}
