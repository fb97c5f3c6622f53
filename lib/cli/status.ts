/** `mcpproxy status`: what the running core does. */
import type { Info, Server, Status } from "../client/api.ts";
import type { CoreTransport } from "../client/connect.ts";
import { ExitCode } from "../errors.ts";
import { askCore } from "./ask.ts";
import type { Context } from "./context.ts";
import { present } from "./output.ts";
import { serverColumns } from "./server_columns.ts";
import { table } from "./table.ts";
import { duration } from "./text.ts";

/**
 * Asks the running core how it is, and says so.
 * @param context of the command
 * @returns exit code 0
 * @throws {UserError} if no core runs or it cannot be reached
 */
export async function status({ inputs, format }: Context): Promise<ExitCode> {
  await askCore(inputs, async (client, transport) => {
    const [status, info, { servers }] = await Promise.all([
      client.status(),
      client.info(),
      client.servers(),
    ]);
    const { kind, address } = transport;
    await present(
      format,
      { transport: { kind, address }, info, status, servers },
      () => text(transport, status, info, servers),
    );
  });
  return ExitCode.ok;
}

async function text(
  transport: CoreTransport,
  status: Status,
  info: Info,
  servers: Server[],
): Promise<string> {
  const { connected_servers, total_servers, total_tools } = status.upstream_stats;
  const launchedBy = info.launched_by ? `, started by ${info.launched_by}` : "";
  const lines = [
    `mcpproxy ${info.version}  ${status.status.phase.toLowerCase()} for ${
      duration(status.uptime_seconds)
    } (pid ${info.pid}${launchedBy})`,
    `  asked over       ${transport.address}`,
    `  private channel  ${info.endpoints.socket ?? "off"}`,
    `  TCP              http://${info.listen_addr}`,
    `  servers          ${connected_servers} of ${total_servers} connected, ${total_tools} tools`,
  ];
  if (servers.length > 0) lines.push("", await table(servers, serverColumns));
  return lines.join("\n");
}
