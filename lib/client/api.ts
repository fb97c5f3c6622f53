/** The core's API as the tray and the command line use it: typed by the contracts of the routes. */
import type { z } from "@hono/zod-openapi";
import type * as servers from "../http/contracts/servers.ts";
import type * as shutdown from "../http/contracts/shutdown.ts";
import type * as status from "../http/contracts/status.ts";
import type * as tools from "../http/contracts/tools.ts";
import type { LogLineEvent } from "../http/events/log_feed.ts";
import { callRoute, pathOf } from "./call_route.ts";
import { type CallToolOptions, callToolStreaming } from "./call_tool.ts";
import { type ApiEvent, type Connectivity, followEvents, followStream } from "./events.ts";
import type { ApiTransport } from "./request.ts";

export type { CallToolOptions } from "./call_tool.ts";
export type { ApiEvent } from "./events.ts";
export { ApiError, type ApiTransport } from "./request.ts";

export type Status = z.infer<typeof status.Status>;
export type Info = z.infer<typeof status.Info>;
export type ConnectedClient = z.infer<typeof status.ConnectedClient>;
export type ServerStats = z.infer<typeof status.ServerStats>;
export type Server = z.infer<typeof servers.Server>;
export type ServerTool = z.infer<typeof servers.ServerTool>;
export type NewServer = z.input<typeof servers.NewServer>;
export type ServerPatch = z.input<typeof servers.ServerPatch>;

export type CallResult = z.infer<typeof tools.CallResult>;
export type CallProgress = z.infer<typeof tools.CallProgress>;
export type ToolSearchResult = z.infer<typeof tools.ToolSearchResult>;
export type Shutdown = z.infer<typeof shutdown.Shutdown>;
/** What a follower of a log learns. */
export type LogEvent = LogLineEvent | Connectivity;

/** The calls. Each rejects with a {@linkcode UserError}; with an {@linkcode ApiError} if the core refused. */
export interface ApiClient {
  status(): Promise<Status>;
  info(): Promise<Info>;
  connections(): Promise<ConnectedClient[]>;
  /** The effective configuration, secrets masked. */
  config(): Promise<Record<string, unknown>>;
  servers(): Promise<{ servers: Server[]; stats: ServerStats }>;
  addServer(server: NewServer): Promise<void>;
  /** Changes a server by a merge patch (RFC 7396): null removes. */
  patchServer(name: string, patch: ServerPatch): Promise<void>;
  removeServer(name: string): Promise<void>;
  enableServer(name: string): Promise<void>;
  disableServer(name: string): Promise<void>;
  restartServer(name: string): Promise<void>;
  serverTools(name: string): Promise<ServerTool[]>;
  /** The last `lines` lines (1 to 1000) of a server's log, oldest first. */
  serverLogs(name: string, lines: number): Promise<string[]>;
  /** Follows a server's log: its last `lines` lines, then each as it comes, over all interruptions. */
  followServerLogs(name: string, lines: number, signal: AbortSignal): AsyncIterable<LogEvent>;
  /** The tools of all servers that are connected. */
  tools(): Promise<ServerTool[]>;
  /** Finds tools by words; at most `limit` (1 to 100). */
  searchTools(query: string, limit: number): Promise<ToolSearchResult>;
  /** Calls `server:tool`. What the tool itself says went wrong is in the result, with `isError`. */
  callTool(
    id: string,
    args: Record<string, unknown>,
    options?: CallToolOptions,
  ): Promise<CallResult>;
  /** Begins to end the core. */
  shutDown(): Promise<Shutdown>;
  /** Follows what happens, over all interruptions, until `signal` is aborted; see {@linkcode followEvents}. */
  followEvents(signal: AbortSignal): AsyncIterable<ApiEvent>;
}

/**
 * Makes a client. Nothing is sent yet.
 * @param transport how requests reach the core
 * @returns the client
 */
export function createApiClient(transport: ApiTransport): ApiClient {
  const call = callRoute(transport);
  return {
    status: () => call<typeof status.getStatus>("get", "/api/v1/status"),
    info: () => call<typeof status.getInfo>("get", "/api/v1/info"),
    connections: async () =>
      (await call<typeof status.getConnections>("get", "/api/v1/connections")).connections,
    config: async () => (await call<typeof status.getConfig>("get", "/api/v1/config")).config,
    servers: () => call<typeof servers.listServers>("get", "/api/v1/servers"),
    addServer: async (body) =>
      void await call<typeof servers.addServer>("post", "/api/v1/servers", { body }),
    patchServer: async (name, body) =>
      void await call<typeof servers.patchServer>("patch", "/api/v1/servers/{name}", {
        name,
        body,
      }),
    removeServer: async (name) =>
      void await call<typeof servers.removeServer>("delete", "/api/v1/servers/{name}", { name }),
    enableServer: async (name) =>
      void await call<typeof servers.enableServer>("post", "/api/v1/servers/{name}/enable", {
        name,
      }),
    disableServer: async (name) =>
      void await call<typeof servers.disableServer>("post", "/api/v1/servers/{name}/disable", {
        name,
      }),
    restartServer: async (name) =>
      void await call<typeof servers.restartServer>("post", "/api/v1/servers/{name}/restart", {
        name,
      }),
    serverTools: async (name) =>
      (await call<typeof servers.listServerTools>("get", "/api/v1/servers/{name}/tools", { name }))
        .tools,
    serverLogs: async (name, lines) =>
      (await call<typeof servers.getServerLogs>("get", "/api/v1/servers/{name}/logs", {
        name,
        query: { tail: String(lines) },
      })).logs,
    followServerLogs: (name, lines, signal) =>
      followStream(
        transport,
        `${pathOf("/api/v1/servers/{name}/logs", name)}?follow=true&tail=${lines}`,
        signal,
      ) as AsyncIterable<LogEvent>,
    tools: async () => (await call<typeof tools.listTools>("get", "/api/v1/tools")).tools,
    searchTools: (query, limit) =>
      call<typeof tools.searchTools>("get", "/api/v1/index/search", {
        query: { q: query, limit: String(limit) },
      }),
    callTool: (id, args, options) => callToolStreaming(transport, id, args, options),
    shutDown: () => call<typeof shutdown.shutDown>("post", "/api/v1/shutdown"),
    followEvents: (signal) => followEvents(transport, signal),
  };
}
