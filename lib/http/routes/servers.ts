/** Answers that show and change the upstream servers. */
import type { RouteHandler } from "@hono/zod-openapi";
import type * as contracts from "../contracts/servers.ts";
import type { AppEnvironment } from "../environment.ts";
import { RequestError } from "../errors.ts";
import { respondSuccess } from "../responses.ts";
import { serverStats, serverViews } from "../server_view.ts";
import type { ConfigService, Services } from "../services.ts";

/** The handlers of this file, by route. */
export interface ServerHandlers {
  list: RouteHandler<typeof contracts.listServers, AppEnvironment>;
  add: RouteHandler<typeof contracts.addServer, AppEnvironment>;
  patch: RouteHandler<typeof contracts.patchServer, AppEnvironment>;
  remove: RouteHandler<typeof contracts.removeServer, AppEnvironment>;
  enable: RouteHandler<typeof contracts.enableServer, AppEnvironment>;
  disable: RouteHandler<typeof contracts.disableServer, AppEnvironment>;
  restart: RouteHandler<typeof contracts.restartServer, AppEnvironment>;
  tools: RouteHandler<typeof contracts.listServerTools, AppEnvironment>;
  logs: RouteHandler<typeof contracts.getServerLogs, AppEnvironment>;
}

const DEFAULT_LOG_LINES = 100;

/**
 * Makes the handlers below `/api/v1/servers`.
 * @param services what the core hands to this layer
 * @returns the handlers; they throw a {@linkcode RequestError} of status 403, 404 or 409
 */
export function serverHandlers(services: Services): ServerHandlers {
  const { config, upstreams } = services;
  return {
    list: (c) => {
      const data = { servers: serverViews(services), stats: serverStats(services) };
      return respondSuccess(c, data);
    },
    add: async (c) => {
      const server = c.req.valid("json");
      refuseIfForbidden(config, "add");
      if (config.maskedServer(server.name) !== undefined) {
        throw new RequestError(409, `there is already a server named "${server.name}"`);
      }
      await config.addServer(server);
      return respondSuccess(c, done(server.name, "add"));
    },
    patch: async (c) => {
      const name = existing(config, c.req.valid("param").name);
      refuseIfForbidden(config, "change");
      await config.patchServer(name, c.req.valid("json"));
      return respondSuccess(c, done(name, "update"));
    },
    remove: async (c) => {
      const name = existing(config, c.req.valid("param").name);
      refuseIfForbidden(config, "remove");
      await config.removeServer(name);
      return respondSuccess(c, done(name, "remove"));
    },
    enable: async (c) => {
      const name = existing(config, c.req.valid("param").name);
      refuseIfForbidden(config, "change");
      await config.patchServer(name, { enabled: true });
      return respondSuccess(c, done(name, "enable"));
    },
    disable: async (c) => {
      const name = existing(config, c.req.valid("param").name);
      refuseIfForbidden(config, "change");
      await config.patchServer(name, { enabled: false });
      return respondSuccess(c, done(name, "disable"));
    },
    restart: async (c) => {
      const name = existing(config, c.req.valid("param").name);
      await upstreams.restart(name);
      return respondSuccess(c, done(name, "restart"));
    },
    tools: (c) => {
      const name = existing(config, c.req.valid("param").name);
      const tools = upstreams.tools(name).map((tool) => ({
        name: tool.name,
        server_name: name,
        description: tool.description ?? "",
        schema: tool.inputSchema,
        ...(tool.annotations === undefined ? {} : { annotations: tool.annotations }),
      }));
      const data = { server_name: name, tools, count: tools.length };
      return respondSuccess(c, data);
    },
    logs: (c) => {
      const name = existing(config, c.req.valid("param").name);
      const { tail, limit } = c.req.valid("query");
      const logs = upstreams.logs(name, tail ?? limit ?? DEFAULT_LOG_LINES);
      const data = { server_name: name, logs, count: logs.length };
      return respondSuccess(c, data);
    },
  };
}

function existing(config: ConfigService, name: string): string {
  if (config.maskedServer(name) === undefined) {
    throw new RequestError(404, `there is no server named "${name}"`);
  }
  return name;
}

function refuseIfForbidden(config: ConfigService, change: Parameters<ConfigService["refusal"]>[0]) {
  const reason = config.refusal(change);
  if (reason !== null) throw new RequestError(403, reason);
}

function done<Action extends string>(server: string, action: Action) {
  return { server, action, success: true as const };
}
