/** Contracts of the routes that show and change the upstream servers. */
import { createRoute, z } from "@hono/zod-openapi";
import { enveloped, withEvents } from "./envelope.ts";
import { ServerStats } from "./status.ts";

const Texts = z.record(z.string(), z.string());

/** How well a server is, in words for a person and in words for a program. */
export const Health = z.object({
  level: z.enum(["healthy", "degraded", "unhealthy"]),
  admin_state: z.enum(["enabled", "disabled", "quarantined"]),
  summary: z.string(),
  detail: z.string(),
  action: z.enum(["", "enable", "restart", "approve"]).openapi({
    description: "What would mend it, if anything.",
  }),
}).openapi("Health");

/** One upstream server: what is configured, secrets masked, and how it is. */
export const Server = z.object({
  name: z.string(),
  protocol: z.string(),
  url: z.string().optional(),
  command: z.string().optional(),
  args: z.array(z.string()),
  working_dir: z.string().optional(),
  env: Texts,
  headers: Texts,
  enabled: z.boolean(),
  quarantined: z.boolean(),
  connected: z.boolean(),
  connecting: z.boolean(),
  status: z.enum(["disabled", "quarantined", "connecting", "ready", "error", "stopped"]),
  last_error: z.string().nullable(),
  tool_count: z.int(),
  retry_count: z.int(),
  next_retry_at: z.string().nullable(),
  health: Health,
}).openapi("Server");

/** The fields of a server that the routes know by name; the configuration checks them and all others. */
const serverFields = {
  protocol: z.enum(["auto", "stdio", "http", "sse", "streamable-http"]),
  url: z.string(),
  command: z.string(),
  args: z.array(z.string()),
  working_dir: z.string(),
  enabled: z.boolean(),
  quarantined: z.boolean(),
};

/** The body of `POST /api/v1/servers`. */
export const NewServer = z.looseObject({
  name: z.string().min(1),
  ...z.object(serverFields).partial().shape,
  env: Texts.optional(),
  headers: Texts.optional(),
}).openapi("NewServer");

/** The body of `PATCH /api/v1/servers/{name}`: a merge patch (RFC 7396), in which null removes. */
export const ServerPatch = z.looseObject({
  ...z.object(serverFields).partial().shape,
  url: z.string().nullable().optional(),
  command: z.string().nullable().optional(),
  working_dir: z.string().nullable().optional(),
  env: z.record(z.string(), z.string().nullable()).nullable().optional(),
  headers: z.record(z.string(), z.string().nullable()).nullable().optional(),
}).openapi("ServerPatch");

/** What was done to which server. */
export const ServerAction = z.object({
  server: z.string(),
  action: z.enum(["add", "update", "remove", "enable", "disable", "restart"]),
  success: z.literal(true),
}).openapi("ServerAction");

/** One tool of a server. */
export const ServerTool = z.object({
  name: z.string(),
  server_name: z.string(),
  description: z.string(),
  schema: z.record(z.string(), z.unknown()),
  annotations: z.object({
    title: z.string().optional(),
    readOnlyHint: z.boolean().optional(),
    destructiveHint: z.boolean().optional(),
    idempotentHint: z.boolean().optional(),
    openWorldHint: z.boolean().optional(),
  }).optional(),
}).openapi("ServerTool");

const params = z.object({ name: z.string() });

/** All servers. */
export const listServers = createRoute({
  method: "get",
  path: "/api/v1/servers",
  summary: "All upstream servers and how they are",
  responses: enveloped("The servers.", z.object({ servers: z.array(Server), stats: ServerStats })),
});

/** A new server. */
export const addServer = createRoute({
  method: "post",
  path: "/api/v1/servers",
  summary: "Adds an upstream server",
  request: { body: { content: { "application/json": { schema: NewServer } }, required: true } },
  responses: enveloped("It was added.", ServerAction),
});

/** Changes to a server. */
export const patchServer = createRoute({
  method: "patch",
  path: "/api/v1/servers/{name}",
  summary: "Changes an upstream server by a merge patch",
  request: {
    params,
    body: { content: { "application/json": { schema: ServerPatch } }, required: true },
  },
  responses: enveloped("It was changed.", ServerAction),
});

/** The end of a server. */
export const removeServer = createRoute({
  method: "delete",
  path: "/api/v1/servers/{name}",
  summary: "Removes an upstream server",
  request: { params },
  responses: enveloped("It was removed.", ServerAction),
});

/** Switches a server on. */
export const enableServer = createRoute({
  method: "post",
  path: "/api/v1/servers/{name}/enable",
  summary: "Enables an upstream server",
  request: { params },
  responses: enveloped("It is enabled.", ServerAction),
});

/** Switches a server off. */
export const disableServer = createRoute({
  method: "post",
  path: "/api/v1/servers/{name}/disable",
  summary: "Disables an upstream server",
  request: { params },
  responses: enveloped("It is disabled.", ServerAction),
});

/** Connects a server anew. */
export const restartServer = createRoute({
  method: "post",
  path: "/api/v1/servers/{name}/restart",
  summary: "Ends the connection to an upstream server and makes a new one",
  request: { params },
  responses: enveloped("It was restarted.", ServerAction),
});

/** The tools of a server. */
export const listServerTools = createRoute({
  method: "get",
  path: "/api/v1/servers/{name}/tools",
  summary: "The tools that an upstream server offers",
  request: { params },
  responses: enveloped(
    "The tools; none while the server is not connected.",
    z.object({ server_name: z.string(), tools: z.array(ServerTool), count: z.int() }),
  ),
});

/** The data of `GET /api/v1/servers/{name}/logs`. */
export const ServerLogs = z.object({
  server_name: z.string(),
  logs: z.array(z.string()),
  count: z.int(),
}).openapi("ServerLogs");

const Lines = z.coerce.number<string>().int().min(1).max(1000).optional();

/** The log of a server. */
export const getServerLogs = createRoute({
  method: "get",
  path: "/api/v1/servers/{name}/logs",
  summary: "The last lines that an upstream server wrote",
  description:
    "With `follow=true` the answer is events: one `line` for each, and then as they come.",
  request: {
    params,
    headers: z.object({
      "last-event-id": z.string().optional().openapi({
        description: "While following: the id of the last line seen; what came after it is sent.",
      }),
    }),
    query: z.object({
      tail: Lines.openapi({ description: "How many lines; 100 if not given." }),
      limit: Lines.openapi({ description: "Another name for tail." }),
      follow: z.enum(["true", "false"]).optional(),
    }),
  },
  responses: withEvents(enveloped("The lines, oldest first.", ServerLogs)),
});
