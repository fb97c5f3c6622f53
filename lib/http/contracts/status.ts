/** Contracts of the routes that tell about the core itself. */
import { createRoute, z } from "@hono/zod-openapi";
import { enveloped } from "./envelope.ts";

/** How many servers are in which state. */
export const ServerStats = z.object({
  total_servers: z.int(),
  connected_servers: z.int(),
  connecting_servers: z.int(),
  error_servers: z.int(),
  disabled_servers: z.int(),
  quarantined_servers: z.int(),
  total_tools: z.int(),
}).openapi("ServerStats");

/** The data of the event `status`. */
export const StatusEvent = z.object({
  running: z.boolean(),
  listen_addr: z.string().openapi({ example: "127.0.0.1:8080" }),
  upstream_stats: ServerStats,
  status: z.object({ phase: z.enum(["Starting", "Running"]), message: z.string() }),
  timestamp: z.int().openapi({ description: "Seconds since 1970." }),
}).openapi("StatusEvent");

/** The data of `GET /api/v1/status`. */
export const Status = StatusEvent.extend({
  version: z.string(),
  started_at: z.string(),
  uptime_seconds: z.int(),
}).openapi("Status");

/** The data of `GET /api/v1/info`. */
export const Info = z.object({
  version: z.string(),
  pid: z.int(),
  launched_by: z.string(),
  listen_addr: z.string(),
  started_at: z.string(),
  web_ui_url: z.string().nullable(),
  endpoints: z.object({ http: z.string(), socket: z.string().nullable() }),
}).openapi("Info");

/** One client that is connected now; see `ConnectedClient` of lib/ipc. */
export const ConnectedClient = z.object({
  source: z.enum(["tcp", "socket"]),
  remote_address: z.string().nullable(),
  pid: z.int().nullable(),
  uid: z.int().nullable(),
  executable: z.string().nullable(),
  since: z.string(),
  connections: z.int(),
  requests: z.int(),
}).openapi("ConnectedClient");

/** How the core is. */
export const getStatus = createRoute({
  method: "get",
  path: "/api/v1/status",
  summary: "How the core and its servers are",
  responses: enveloped("The status.", Status),
});

/** What the core is, and where it listens. */
export const getInfo = createRoute({
  method: "get",
  path: "/api/v1/info",
  summary: "Version, process and endpoints of the core",
  responses: enveloped("The facts.", Info),
});

/** Who is connected. */
export const getConnections = createRoute({
  method: "get",
  path: "/api/v1/connections",
  summary: "Who is connected, and how",
  responses: enveloped(
    "The clients.",
    z.object({ connections: z.array(ConnectedClient), count: z.int() }),
  ),
});

/** The effective configuration. */
export const getConfig = createRoute({
  method: "get",
  path: "/api/v1/config",
  summary: "The effective configuration, secrets masked",
  responses: enveloped(
    "The configuration.",
    z.object({ config: z.record(z.string(), z.unknown()) }),
  ),
});
