/** `mcpproxy events`: follows what happens in the core. */
import type { ApiEvent } from "../client/api.ts";
import type { Connectivity } from "../client/events.ts";
import { ExitCode } from "../errors.ts";
import { withCore } from "./ask.ts";
import type { Context } from "./context.ts";
import { follow } from "./follow.ts";
import { presentNext } from "./output.ts";
import { printable } from "./text.ts";

type CoreEvent = Exclude<ApiEvent, Connectivity>;

/**
 * Follows the events until nobody reads any more.
 * @param context of the command
 * @param types shown; all but pings if not given
 * @returns exit code 0
 * @throws {UserError} if no core runs, or it cannot be reached in the first place
 */
export async function followEvents(
  { inputs, format }: Context,
  types: readonly string[] | undefined,
): Promise<ExitCode> {
  await withCore(inputs, async (client) => {
    const stop = new AbortController();
    await follow<CoreEvent>(client.followEvents(stop.signal), async (event) => {
      if (types ? !types.includes(event.type) : event.type === "ping") return true;
      const { type, data } = event;
      return await presentNext(format, { type, data }, () => line(event));
    });
    stop.abort();
  });
  return ExitCode.ok;
}

function line(event: CoreEvent): string {
  const time = new Date(event.data.timestamp * 1000).toLocaleTimeString("en-GB");
  return printable(`${time}  ${event.type}  ${words(event)}`);
}

function words(event: CoreEvent): string {
  switch (event.type) {
    case "status": {
      const { status, upstream_stats: { connected_servers, total_servers, total_tools } } =
        event.data;
      return `${status.phase}: ${connected_servers} of ${total_servers} servers connected, ${total_tools} tools`;
    }
    case "servers.changed": {
      const { reason, servers } = event.data.payload;
      // "state: one, tools: two": of the servers that it names, how they are now.
      const named = servers.filter(({ name }) => reason.includes(name));
      const states = named.map(({ name, health }) => `${name} ${health.summary}`).join("; ");
      return `${reason}${states ? ` (${states})` : ""}`;
    }
    case "config.reloaded":
      return event.data.payload.ok ? "ok" : `failed: ${event.data.payload.error}`;
    default:
      return "";
  }
}
