/** The events that `/events` sends, as both ends see them. */
import type { z } from "@hono/zod-openapi";
import type { Server } from "../contracts/servers.ts";
import type { ServerStats, StatusEvent } from "../contracts/status.ts";

/** One event: its type and its data, which becomes one line of JSON. Timestamps are seconds since 1970. */
export type ServerSentEvent =
  /** How the core is: once at the beginning, and whenever that changes. */
  | { type: "status"; data: z.infer<typeof StatusEvent> }
  /** All servers, since one or more of them changed. */
  | { type: "servers.changed"; data: Stamped<ServersChanged> }
  /** The config file was read again; if it could not be, the former one stays. */
  | { type: "config.reloaded"; data: Stamped<{ ok: boolean; error: string | null }> }
  /** Nothing happened for a while. */
  | { type: "ping"; data: { timestamp: number } };

/** What changed, and all servers as they now are. */
export interface ServersChanged {
  /** For a person: what happened to them. */
  reason: string;
  servers: z.infer<typeof Server>[];
  stats: z.infer<typeof ServerStats>;
}

interface Stamped<Payload> {
  payload: Payload;
  timestamp: number;
}
