/** `mcpproxy upstream enable|disable|restart`: what a person does to a server that is off or in trouble. */
import { createApiClient } from "../client/api.ts";
import { connectToCore } from "../client/connect.ts";
import type { Inputs } from "../config/paths.ts";
import { ExitCode } from "../errors.ts";
import { version } from "../version.ts";
import { say } from "../terminal.ts";

/** What can be done to a server. */
export type UpstreamAction = "enable" | "disable" | "restart";

/**
 * Does something to one server of the running core.
 * @param inputs flags, environment and platform
 * @param action what to do
 * @param name the server
 * @returns exit code 0
 * @throws {UserError} if no core runs, it refuses, or there is no such server
 */
export async function changeUpstream(
  inputs: Inputs,
  action: UpstreamAction,
  name: string,
): Promise<ExitCode> {
  const transport = await connectToCore(inputs, `cli/${version}`);
  try {
    const client = createApiClient(transport);
    const act = {
      enable: client.enableServer,
      disable: client.disableServer,
      restart: client.restartServer,
    }[action];
    await act(name);
    say(`${name}: ${{ enable: "enabled", disable: "disabled", restart: "restarted" }[action]}`);
  } finally {
    transport.close();
  }
  return ExitCode.ok;
}
