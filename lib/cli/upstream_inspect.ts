/** `mcpproxy upstream inspect`: everything about one server. */
import type { Server } from "../client/api.ts";
import { ExitCode, UserError } from "../errors.ts";
import { shellWord } from "../shell_word.ts";
import type { UpstreamDetails } from "./answers.ts";
import { askCore } from "./ask.ts";
import type { Context } from "./context.ts";
import { present } from "./output.ts";
import { table } from "./table.ts";
import { factLines, firstLine, printable } from "./text.ts";

const logLines = 20;
/** Shown among the facts, so that the rest of the config follows without them. */
const known = new Set(
  ["name", "protocol", "command", "args", "url", "working_dir", "env", "headers", "enabled"],
);

/**
 * Shows all there is to know about a server.
 * @param context of the command
 * @param name the server
 * @returns exit code 0
 * @throws {UserError} if no core runs, it cannot be reached, or there is no such server
 */
export async function inspectUpstream(
  { inputs, format }: Context,
  name: string,
): Promise<ExitCode> {
  const answer: UpstreamDetails = await askCore(inputs, async (client) => {
    const [tools, logs, { servers }, config] = await Promise.all([
      client.serverTools(name),
      client.serverLogs(name, logLines),
      client.servers(),
      client.config(),
    ]);
    const server = servers.find((candidate) => candidate.name === name);
    if (server === undefined) throw new UserError(`server "${name}" was removed meanwhile`);
    return { server, config: configOf(config.mcpServers, name), tools, logs };
  });
  await present(format, answer, () => text(answer));
  return ExitCode.ok;
}

function configOf(servers: unknown, name: string): Record<string, unknown> {
  const found = Array.isArray(servers) ? servers.find((server) => server?.name === name) : null;
  return found ?? {};
}

async function text({ server, config, tools, logs }: UpstreamDetails): Promise<string> {
  const others = Object.entries(config).filter(([field]) => !known.has(field));
  const sections = [[
    `${printable(server.name)}  ${server.status}`,
    ...factLines([...factsOf(server), ...others.map(toFact)]),
  ]];
  if (tools.length > 0) {
    const columns = [
      { title: "TOOL", text: (tool: typeof tools[number]) => tool.name, whole: true },
      { title: "DESCRIPTION", text: (tool: typeof tools[number]) => firstLine(tool.description) },
    ];
    sections.push([await table(tools, columns)]);
  }
  if (logs.length > 0) {
    sections.push([
      "Last lines of its log:",
      ...logs.map((line) => `  ${printable(line)}`),
    ]);
  }
  return sections.map((lines) => lines.join("\n")).join("\n\n");
}

function factsOf(server: Server): [name: string, value: string][] {
  const { health, command, args, retry_count, next_retry_at } = server;
  return [
    ["health", health.summary],
    ["last error", server.last_error ?? ""],
    [
      "retries",
      retry_count > 0 ? `${retry_count}${next_retry_at ? `, next ${next_retry_at}` : ""}` : "",
    ],
    ["protocol", server.protocol],
    ["command", command === undefined ? "" : [command, ...args].map(shellWord).join(" ")],
    ["url", server.url ?? ""],
    ["working dir", server.working_dir ?? ""],
    ["env", pairs(server.env, "=")],
    ["headers", pairs(server.headers, ": ")],
  ];
}

function pairs(map: Record<string, string>, between: string): string {
  return Object.entries(map).map(([name, value]) => `${name}${between}${value}`).join(", ");
}

function toFact([field, value]: [string, unknown]): [name: string, value: string] {
  return [field, typeof value === "string" ? value : JSON.stringify(value)];
}
