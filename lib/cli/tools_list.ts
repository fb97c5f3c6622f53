/** `mcpproxy tools list|search`: which tools there are. */
import type { ServerTool } from "../client/api.ts";
import { ExitCode } from "../errors.ts";
import type { ToolList } from "./answers.ts";
import { askCore } from "./ask.ts";
import type { Context } from "./context.ts";
import { present } from "./output.ts";
import { type Column, table } from "./table.ts";
import { firstLine, printable } from "./text.ts";

const columns: readonly Column<ServerTool>[] = [
  { title: "TOOL", text: ({ server_name, name }) => `${server_name}:${name}`, whole: true },
  { title: "DESCRIPTION", text: ({ description }) => firstLine(description) },
];

/**
 * Lists tools.
 * @param context of the command
 * @param server whose tools; all servers' if not given
 * @returns exit code 0
 * @throws {UserError} if no core runs, it cannot be reached, or there is no such server
 */
export async function listTools(
  { inputs, format }: Context,
  server: string | undefined,
): Promise<ExitCode> {
  const tools = await askCore(
    inputs,
    (client) => server === undefined ? client.tools() : client.serverTools(server),
  );
  const answer: ToolList = { tools, count: tools.length };
  await present(
    format,
    answer,
    () =>
      tools.length > 0
        ? table(tools, columns)
        : "No tools: no server that offers any is connected. See how they are: mcpproxy upstream list",
  );
  return ExitCode.ok;
}

/**
 * Finds tools by words.
 * @param context of the command
 * @param query the words
 * @param limit the most tools to show, 1 to 100
 * @returns exit code 0, whether anything was found or not
 * @throws {UserError} if no core runs or it cannot be reached
 */
export async function searchTools(
  { inputs, format }: Context,
  query: string,
  limit: number,
): Promise<ExitCode> {
  const answer = await askCore(inputs, (client) => client.searchTools(query, limit));
  await present(
    format,
    answer,
    () =>
      answer.total > 0
        ? table(answer.results.map(({ tool }) => tool), columns)
        : `Nothing found for "${
          printable(query)
        }" in the servers that are connected: mcpproxy upstream list`,
  );
  return ExitCode.ok;
}
