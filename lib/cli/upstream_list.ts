/** `mcpproxy upstream list`: all servers and how they are. */
import { ExitCode } from "../errors.ts";
import type { UpstreamList } from "./answers.ts";
import { askCore } from "./ask.ts";
import type { Context } from "./context.ts";
import { present } from "./output.ts";
import { serverColumns } from "./server_columns.ts";
import { table } from "./table.ts";

/**
 * Lists the servers.
 * @param context of the command
 * @returns exit code 0
 * @throws {UserError} if no core runs or it cannot be reached
 */
export async function listUpstreams({ inputs, format }: Context): Promise<ExitCode> {
  const answer: UpstreamList = await askCore(inputs, (client) => client.servers());
  await present(
    format,
    answer,
    () =>
      answer.servers.length > 0
        ? table(answer.servers, serverColumns)
        : "No server yet. Add one: mcpproxy upstream add <name> -- <command>",
  );
  return ExitCode.ok;
}
