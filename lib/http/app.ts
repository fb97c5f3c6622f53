/** Puts the HTTP layer together: one app for the TCP listener and for the private channel. */
import { OpenAPIHono, type z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import * as health from "./contracts/health.ts";
import * as observation from "./contracts/observation.ts";
import * as servers from "./contracts/servers.ts";
import * as shutdown from "./contracts/shutdown.ts";
import * as status from "./contracts/status.ts";
import * as tools from "./contracts/tools.ts";
import { type AnswerWithoutRouter, directFirst } from "./direct.ts";
import type { AppEnvironment } from "./environment.ts";
import { handleError, RequestError } from "./errors.ts";
import { createEventFeed, type EventFeed } from "./events/feed.ts";
import { createLogFeed, type LogFeed } from "./events/log_feed.ts";
import { authentication } from "./middleware/authentication.ts";
import { before } from "./middleware/before.ts";
import { hostCheck } from "./middleware/host_check.ts";
import { jsonBody } from "./middleware/json_body.ts";
import { notFound } from "./not_found.ts";
import { openApiDocument } from "./openapi.ts";
import { LIVENESS_PATHS, MCP_PATHS, READINESS_PATHS } from "./paths.ts";
import { respondJson, withCommonHeaders } from "./responses.ts";
import { answerLiveness, answerReadiness } from "./routes/health.ts";
import { answerEvents, answerMetrics } from "./routes/observation.ts";
import { serverHandlers } from "./routes/servers.ts";
import { answerShutdown } from "./routes/shutdown.ts";
import { statusHandlers } from "./routes/status.ts";
import { toolHandlers } from "./routes/tools.ts";
import type { RequestOrigin, Services } from "./services.ts";
import { serveVisit } from "./visit.ts";

/** The app as the listeners and the core use it. */
export interface HttpApp {
  /**
   * Answers a request; never rejects.
   * @param request the request as the listener got it
   * @param origin what the listener knows of where it came from
   */
  fetch(request: Request, origin: RequestOrigin): Response | Promise<Response>;
  /** Ends every event stream. To be called before the listeners shut down, since they wait for open streams. */
  close(): void;
  /** The OpenAPI 3.1 document of the API. */
  openapi(): ReturnType<typeof openApiDocument>;
}

const BODY_LIMIT = 1024 * 1024;

/**
 * Makes the app of one core.
 * @param services what the core hands to this layer
 * @returns the app
 *
 * @example
 * ```ts
 * const app = createApp(services);
 * Deno.serve({ hostname: "127.0.0.1", port: 8080 }, (request) => app.fetch(request, { source: "tcp" }));
 * Deno.serve({ path }, (request) => app.fetch(request, { source: "socket" }));
 * ```
 */
export function createApp(services: Services): HttpApp {
  const feeds = { events: createEventFeed(services), logs: createLogFeed(services.upstreams) };
  const { access, metrics } = services;
  const checks = before(
    hostCheck({ access, listenAddress: () => services.facts().listen_addr }),
    authentication({
      access,
      openPaths: [...LIVENESS_PATHS, ...READINESS_PATHS],
      mcpPaths: MCP_PATHS,
    }),
  );
  // The same routes twice: who comes by the private channel has been checked by its listener.
  const apps = {
    tcp: createRoutes(services, feeds, checks),
    socket: createRoutes(services, feeds),
  };
  const answerMcp: AnswerWithoutRouter = async (c, request) =>
    withCommonHeaders(c, await services.mcp(request));
  const { status: answerStatus, info: answerInfo } = statusHandlers(services);
  const serve = {
    tcp: apps.tcp.fetch,
    socket: directFirst(
      {
        [`GET ${status.getStatus.path}`]: answerStatus,
        [`GET ${status.getInfo.path}`]: answerInfo,
        ...Object.fromEntries(MCP_PATHS.map((path) => [`POST ${path}`, answerMcp])),
      },
      apps.socket.fetch,
    ),
  };
  return {
    fetch: (request, origin) => serveVisit(request, origin, serve[origin.source], metrics),
    close() {
      feeds.events.close();
      feeds.logs.close();
    },
    openapi: () => openApiDocument(apps.tcp, services.facts().version),
  };
}

/** What streams to clients until it is closed. */
interface Feeds {
  events: EventFeed;
  logs: LogFeed;
}

function createRoutes(
  services: Services,
  feeds: Feeds,
  checks?: MiddlewareHandler<AppEnvironment>,
): OpenAPIHono<AppEnvironment> {
  const app = new OpenAPIHono<AppEnvironment>({ defaultHook: refuseInvalid });
  app.onError(handleError);
  app.notFound(notFound(app));
  if (checks) app.use(checks);
  app.on(["POST", "PUT", "PATCH", "DELETE"], "/api/*", jsonBody(BODY_LIMIT));
  // It bounds bodies by itself, and refuses them in the words of its protocol.
  for (const path of MCP_PATHS) {
    app.all(path, async (c) => withCommonHeaders(c, await services.mcp(c.req.raw)));
  }
  let document: ReturnType<typeof openApiDocument> | undefined;
  app.get("/api/v1/openapi.json", (c) => {
    document ??= openApiDocument(app, services.facts().version);
    return respondJson(c, document, 200);
  });
  addRoutes(app, services, feeds);
  return app;
}

function addRoutes(app: OpenAPIHono<AppEnvironment>, services: Services, feeds: Feeds): void {
  for (const path of LIVENESS_PATHS.slice(1)) app.get(path, answerLiveness());
  for (const path of READINESS_PATHS.slice(1)) app.get(path, answerReadiness(services));
  const core = statusHandlers(services);
  const upstream = serverHandlers(services, feeds.logs);
  const tool = toolHandlers(services);
  app
    .openapi(health.liveness, answerLiveness())
    .openapi(health.readiness, answerReadiness(services))
    .openapi(observation.followEvents, answerEvents(feeds.events))
    .openapi(observation.getMetrics, answerMetrics(services, feeds.events))
    .openapi(status.getStatus, core.status)
    .openapi(status.getInfo, core.info)
    .openapi(status.getConnections, core.connections)
    .openapi(status.getConfig, core.config)
    .openapi(servers.listServers, upstream.list)
    .openapi(servers.addServer, upstream.add)
    .openapi(servers.patchServer, upstream.patch)
    .openapi(servers.removeServer, upstream.remove)
    .openapi(servers.enableServer, upstream.enable)
    .openapi(servers.disableServer, upstream.disable)
    .openapi(servers.restartServer, upstream.restart)
    .openapi(servers.listServerTools, upstream.tools)
    .openapi(servers.getServerLogs, upstream.logs)
    .openapi(tools.listTools, tool.list)
    .openapi(tools.searchTools, tool.search)
    .openapi(tools.callTool, tool.call)
    .openapi(shutdown.shutDown, answerShutdown(services));
}

/** The one hook behind all contracts: says which field is wrong, never what it held. */
function refuseInvalid(result: { success: true } | { success: false; error: z.ZodError }): void {
  if (result.success) return;
  const issues = result.error.issues.slice(0, 5)
    .map(({ path, message }) => path.length === 0 ? message : `${path.join(".")}: ${message}`);
  throw new RequestError(400, issues.join("; "));
}
