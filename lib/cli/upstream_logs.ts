/** `mcpproxy upstream logs`: the last lines of a server's log, and those to come. */
import { ExitCode } from "../errors.ts";
import type { UpstreamLogs } from "./answers.ts";
import { askCore, withCore } from "./ask.ts";
import type { Context } from "./context.ts";
import { follow } from "./follow.ts";
import { present, presentNext } from "./output.ts";
import { printable } from "./text.ts";

/**
 * Shows a server's log.
 * @param context of the command
 * @param name the server
 * @param options how many lines, and whether to go on
 * @returns exit code 0
 * @throws {UserError} if no core runs, it cannot be reached, or there is no such server
 */
export async function showLogs(
  { inputs, format }: Context,
  name: string,
  options: { lines: number; follow?: boolean | undefined },
): Promise<ExitCode> {
  if (!options.follow) {
    const logs = await askCore(inputs, (client) => client.serverLogs(name, options.lines));
    const answer: UpstreamLogs = { server_name: name, logs, count: logs.length };
    if (format === "table" && logs.length === 0) return ExitCode.ok;
    await present(format, answer, () => logs.map(printable).join("\n"));
    return ExitCode.ok;
  }
  await withCore(inputs, async (client) => {
    const stop = new AbortController();
    await follow(
      client.followServerLogs(name, options.lines, stop.signal),
      async (event) =>
        event.type !== "line" ||
        await presentNext(format, event.data, () => printable(event.data.line)),
    );
    stop.abort();
  });
  return ExitCode.ok;
}
