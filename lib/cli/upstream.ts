/** `mcpproxy upstream remove|enable|disable|restart`: what a person does to a server. */
import { ExitCode } from "../errors.ts";
import type { UpstreamChange } from "./answers.ts";
import { askCore } from "./ask.ts";
import type { Context } from "./context.ts";
import { present } from "./output.ts";
import { printable } from "./text.ts";

/** What can be done to a server. */
export type UpstreamAction = "remove" | "enable" | "disable" | "restart";

/**
 * Does something to one server of the running core.
 * @param context of the command
 * @param action what to do
 * @param name the server
 * @returns exit code 0
 * @throws {UserError} if no core runs, it refuses, or there is no such server
 */
export async function changeUpstream(
  { inputs, format }: Context,
  action: UpstreamAction,
  name: string,
): Promise<ExitCode> {
  await askCore(inputs, (client) => client[`${action}Server`](name));
  const answer: UpstreamChange = { server: name, action };
  const done = {
    remove: "removed",
    enable: "enabled",
    disable: "disabled",
    restart: "restarted",
  }[action];
  await present(format, answer, () => `${printable(name)}: ${done}`);
  return ExitCode.ok;
}
