/** `mcpproxy status`: what the running core does. */
import { createApiClient, type Info, type Server, type Status } from "../client/api.ts";
import { connectToCore, type CoreTransport } from "../client/connect.ts";
import type { Inputs } from "../config/paths.ts";
import { ExitCode } from "../errors.ts";
import { version } from "../version.ts";
import { say } from "../terminal.ts";

/**
 * Asks the running core how it is, and says so.
 * @param inputs flags, environment and platform
 * @param asJson true: one JSON object, for programs
 * @returns exit code 0
 * @throws {UserError} if no core runs or it cannot be reached
 */
export async function status(inputs: Inputs, asJson: boolean): Promise<ExitCode> {
  const transport = await connectToCore(inputs, `cli/${version}`);
  try {
    const client = createApiClient(transport);
    const [status, info, { servers }] = await Promise.all([
      client.status(),
      client.info(),
      client.servers(),
    ]);
    say(
      asJson ? json(transport, status, info, servers) : text(transport, status, info, servers),
    );
  } finally {
    transport.close();
  }
  return ExitCode.ok;
}

function json(
  { kind, address }: CoreTransport,
  status: Status,
  info: Info,
  servers: Server[],
): string {
  return JSON.stringify({ transport: { kind, address }, info, status, servers }, null, 2);
}

function text(transport: CoreTransport, status: Status, info: Info, servers: Server[]): string {
  const { connected_servers, total_servers, total_tools } = status.upstream_stats;
  const launchedBy = info.launched_by ? `, started by ${info.launched_by}` : "";
  return [
    `mcpproxy ${info.version}  ${status.status.phase.toLowerCase()} for ${
      duration(status.uptime_seconds)
    } (pid ${info.pid}${launchedBy})`,
    `  asked over       ${transport.address}`,
    `  private channel  ${info.endpoints.socket ?? "off"}`,
    `  TCP              http://${info.listen_addr}`,
    `  servers          ${connected_servers} of ${total_servers} connected, ${total_tools} tools`,
    ...servers.map(serverLine(servers)),
  ].join("\n");
}

function serverLine(all: Server[]): (server: Server) => string {
  const width = Math.max(...all.map(({ name }) => printable(name).length));
  return ({ name, health: { summary, detail } }) => {
    // The summary of an error is its beginning: told once is enough.
    const text = detail?.startsWith(summary.replace(/…$/, ""))
      ? detail
      : detail
      ? `${summary}: ${detail}`
      : summary;
    return `    ${printable(name).padEnd(width)}  ${printable(text)}`;
  };
}

/** What comes from a server may hold control characters, which a terminal would obey. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what this replaces
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ");
}

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}
