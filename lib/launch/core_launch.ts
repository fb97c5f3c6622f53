/** With which arguments and in which environment a program of ours starts a core, or has it started. Pure. */
import { absolute, type Inputs, variable } from "../config/paths.ts";
import type { LoginEnvironment } from "../launch/login_environment.ts";

/**
 * The arguments of the core: what its starter was told, so that both mean the same data directory and endpoint.
 * @param inputs the flags to hand on, and what paths in them start from
 * @returns what follows the core's program; paths are absolute, since the core runs elsewhere
 */
export function coreArguments(inputs: Inputs): string[] {
  const { config, dataDir, trayEndpoint, listen, logLevel, enableSocket } = inputs.flags;
  const flags: [name: string, value: string | undefined][] = [
    ["--config", config && absolute(config, inputs)],
    ["--data-dir", dataDir && absolute(dataDir, inputs)],
    ["--tray-endpoint", trayEndpoint],
    ["--listen", listen],
    ["--enable-socket", enableSocket?.toString()],
    ["--log-level", logLevel],
  ];
  return [
    "serve",
    // Nobody sees the standard error of a core in the background.
    "--log-to-file",
    ...flags.flatMap(([name, value]) => value ? [`${name}=${value}`] : []),
  ];
}

/**
 * The options that lead to the same core from anywhere: for a command that is run later, elsewhere, without our variables.
 * @param inputs the tray's own flags and environment
 * @returns options that every program of ours understands; paths are absolute
 */
export function placeOptions(inputs: Inputs): string[] {
  const { flags: { config, dataDir, trayEndpoint }, environment } = inputs;
  const folder = dataDir || variable(environment, "MCPPROXY_DATA");
  const endpoint = trayEndpoint || variable(environment, "MCPPROXY_TRAY_ENDPOINT");
  return [
    ...config ? [`--config=${absolute(config, inputs)}`] : [],
    ...folder ? [`--data-dir=${absolute(folder, inputs)}`] : [],
    ...endpoint ? [`--tray-endpoint=${endpoint}`] : [],
  ];
}

/**
 * The environment of the core: ours, with what the login shell knows better.
 * @param inputs the starter's own
 * @param login what the login shell tells
 * @param launchedBy what the core says of who has started it
 * @param usesPrivateChannel true if it will be reached by it, so that no key has to be shared
 * @returns all of its variables
 */
export function coreEnvironment(
  inputs: Inputs,
  login: LoginEnvironment,
  launchedBy: "tray" | "stdio",
  usesPrivateChannel: boolean,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...inputs.environment, ...login })) {
    if (value !== undefined) environment[name] = value;
  }
  if (usesPrivateChannel) delete environment.MCPPROXY_API_KEY;
  const dataDirectory = variable(inputs.environment, "MCPPROXY_DATA");
  if (dataDirectory) environment.MCPPROXY_DATA = absolute(dataDirectory, inputs);
  environment.MCPPROXY_LAUNCHED_BY = launchedBy;
  return environment;
}
