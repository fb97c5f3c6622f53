/** The core's API as the tray and the command line use it: typed by the routes themselves. */
import type { z } from "@hono/zod-openapi";
import { hc } from "hono/client";
import { UserError } from "../errors.ts";
import type { AppType } from "../http/app.ts";
import type * as servers from "../http/contracts/servers.ts";
import type * as status from "../http/contracts/status.ts";
import { type ApiEvent, followEvents } from "./events.ts";
import { type ApiTransport, credentials, refusal, unreachable } from "./request.ts";

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
  /** Follows what happens, over all interruptions, until `signal` is aborted; see {@linkcode followEvents}. */
  followEvents(signal: AbortSignal): AsyncIterable<ApiEvent>;
}

/**
 * Makes a client. Nothing is sent yet.
 * @param transport how requests reach the core
 * @returns the client
 */
export function createApiClient(transport: ApiTransport): ApiClient {
  const { api: { v1 } } = hc<AppType>(transport.baseUrl, {
    fetch: transport.fetch,
    headers: credentials(transport),
  });
  const server = v1.servers[":name"];
  const dataOf = <Data>(sent: Promise<Answer<Data>>) => unwrap(sent, transport.baseUrl);
  return {
    status: () => dataOf(v1.status.$get()),
    info: () => dataOf(v1.info.$get()),
    connections: async () => (await dataOf(v1.connections.$get())).connections,
    config: async () => (await dataOf(v1.config.$get())).config,
    servers: () => dataOf(v1.servers.$get()),
    addServer: async (json) => void await dataOf(v1.servers.$post({ json })),
    patchServer: async (name, json) =>
      void await dataOf(server.$patch({ param: pathOf(name), json })),
    removeServer: async (name) => void await dataOf(server.$delete({ param: pathOf(name) })),
    enableServer: async (name) => void await dataOf(server.enable.$post({ param: pathOf(name) })),
    disableServer: async (name) => void await dataOf(server.disable.$post({ param: pathOf(name) })),
    restartServer: async (name) => void await dataOf(server.restart.$post({ param: pathOf(name) })),
    serverTools: async (name) => (await dataOf(server.tools.$get({ param: pathOf(name) }))).tools,
    serverLogs: async (name, lines) => {
      const query = { tail: String(lines) };
      return (await dataOf(server.logs.$get({ param: pathOf(name), query }))).logs;
    },
    followEvents: (signal) => followEvents(transport, signal),
  };
}

/** What a route of the API answers, as far as it matters here. */
interface Answer<Data> {
  status: number;
  json(): Promise<{ success: true; data: Data } | { success: false }>;
}

async function unwrap<Data>(sent: Promise<Answer<Data>>, baseUrl: string): Promise<Data> {
  const answer = await sent.catch((error) => {
    throw unreachable(error, baseUrl);
  });
  const body = await answer.json().catch(() => undefined);
  if (body?.success !== true) throw refusal(answer.status, body, baseUrl);
  return body.data;
}

/** The client of Hono puts parameters into the path as they are. */
function pathOf(name: string): { name: string } {
  if (name === "" || name === "." || name === "..") {
    throw new UserError(`"${name}" cannot be the name of a server`);
  }
  return { name: encodeURIComponent(name) };
}
