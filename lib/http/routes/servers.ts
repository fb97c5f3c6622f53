/** Answers that show and change the upstream servers. */
import type { RouteHandler } from "@hono/zod-openapi";
import type * as contracts from "../contracts/servers.ts";
import type { AppEnvironment } from "../environment.ts";
import { RequestError } from "../errors.ts";
import { knownServer } from "../known_server.ts";
import { respondEvents, respondSuccess } from "../responses.ts";
import { serverStats, serverViews } from "../server_view.ts";
import type { LogFeed } from "../events/log_feed.ts";
import type { ConfigService, Services } from "../services.ts";
import { toolView } from "../tool_view.ts";

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
 * @param logFeed who follows which log
 * @returns the handlers; they throw a {@linkcode RequestError} of status 403, 404 or 409
 */
export function serverHandlers(services: Services, logFeed: LogFeed): ServerHandlers {
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
      const name = knownServer(config, c.req.valid("param").name);
      refuseIfForbidden(config, "change");
      await config.patchServer(name, c.req.valid("json"));
      return respondSuccess(c, done(name, "update"));
    },
    remove: async (c) => {
      const name = knownServer(config, c.req.valid("param").name);
      refuseIfForbidden(config, "remove");
      await config.removeServer(name);
      return respondSuccess(c, done(name, "remove"));
    },
    enable: async (c) => {
      const name = knownServer(config, c.req.valid("param").name);
      refuseIfForbidden(config, "change");
      await config.patchServer(name, { enabled: true });
      return respondSuccess(c, done(name, "enable"));
    },
    disable: async (c) => {
      const name = knownServer(config, c.req.valid("param").name);
      refuseIfForbidden(config, "change");
      await config.patchServer(name, { enabled: false });
      return respondSuccess(c, done(name, "disable"));
    },
    restart: async (c) => {
      const name = knownServer(config, c.req.valid("param").name);
      await upstreams.restart(name);
      return respondSuccess(c, done(name, "restart"));
    },
    tools: (c) => {
      const name = knownServer(config, c.req.valid("param").name);
      const tools = upstreams.tools(name).map((tool) => toolView(name, tool));
      const data = { server_name: name, tools, count: tools.length };
      return respondSuccess(c, data);
    },
    logs: (c) => {
      const name = knownServer(config, c.req.valid("param").name);
      const { tail, limit, follow } = c.req.valid("query");
      const lines = tail ?? limit ?? DEFAULT_LOG_LINES;
      if (follow === "true") {
        const { "last-event-id": lastEventId } = c.req.valid("header");
        return respondEvents(c, () => logFeed.open(name, lines, lastEventId));
      }
      const logs = upstreams.logs(name, lines);
      const data = { server_name: name, logs, count: logs.length };
      return respondSuccess(c, data);
    },
  };
}

function refuseIfForbidden(config: ConfigService, change: Parameters<ConfigService["refusal"]>[0]) {
  const reason = config.refusal(change);
  if (reason !== null) throw new RequestError(403, reason);
}

function done<Action extends string>(server: string, action: Action) {
  return { server, action, success: true as const };
}
