/** What the core hands to the HTTP layer: the whole of what a route or a middleware may know. */
import type { CallToolResult } from "@modelcontextprotocol/client";
import type { ConnectedClient, Source } from "../ipc/listener.ts";
import type { ToolSearch } from "../tools/search.ts";
import type { CallOptions, Upstreams } from "../upstream/types.ts";
import type { ServerConfig } from "../config/schema.ts";
import type { Metrics } from "../metrics.ts";

export type { RequestOrigin, Source } from "../ipc/listener.ts";

/** Counters of the private channel, for `/metrics`. */
export interface ChannelCounters {
  /** Connections accepted since the start, by source. */
  connections: Readonly<Record<Source, number>>;
  /** Peers turned away since the start, by reason (`uid`, `gid`, `sid`, `unidentified`). */
  rejectedPeers: Readonly<Record<string, number>>;
}

/** Facts about the running core; asked for on each request, since addresses come only with listening. */
export interface CoreFacts {
  version: string;
  pid: number;
  launched_by: string;
  started_at: string;
  /** `127.0.0.1:8080`; the address that was really bound, a wildcard host shown as 127.0.0.1. */
  listen_addr: string;
  /** The real socket (`unix:///…`), or null when the private channel is off. */
  socket: string | null;
  /** The data directory whose lock it holds. */
  data_dir: string;
  /** True once both listeners are up. */
  ready: boolean;
}

/** The configuration as the routes may see and change it. Every change is written to the file before it resolves. */
export interface ConfigService {
  /** The effective configuration with every secret masked; what the file holds beyond our schema included. */
  masked(): Record<string, unknown>;
  /** The servers as configured, in order, secrets in clear: never send one to a client unmasked. */
  servers(): readonly ServerConfig[];
  /** One server as configured with env and header values masked, unknown fields included. */
  maskedServer(name: string): Record<string, unknown> | undefined;
  /** Adds a server. @throws {UserError} if the name is taken or a field is wrong (the message names it) */
  addServer(server: Record<string, unknown>): Promise<void>;
  /**
   * Changes fields of a server by RFC 7396 merge patch (null removes); a masked value sent back unchanged keeps the secret.
   * @throws {UserError} if a field is wrong
   */
  patchServer(name: string, patch: Record<string, unknown>): Promise<void>;
  /** Removes a server. @throws {UserError} if there is none of that name */
  removeServer(name: string): Promise<void>;
  /** Why the config may not be changed through the proxy (`read_only_mode` and the like), or null. */
  refusal(change: "add" | "remove" | "change"): string | null;
}

/** How the API key and the host check are set; read on each request, so a reload takes effect at once. */
export interface AccessPolicy {
  apiKey: string;
  /** False only if the config says `require_mcp_auth: false`: then `/mcp` on TCP is open. */
  mcpNeedsKey: boolean;
  /** Extra names that the Host and Origin headers may carry: exact, `host:port`, `.suffix` or `*`. */
  trustedHosts: readonly string[];
}

/** A thing that happened, as `/events` sends it. */
export type CoreEvent =
  /** A listener came up or went; `facts()` says something else than before. */
  | { type: "status.changed" }
  /** A server came or went, or its state or its tools changed. */
  | { type: "servers.changed"; reason: string }
  | { type: "config.reloaded"; ok: boolean; error: string | null };

/**
 * Calls a tool of an upstream. Where there is no answer, the result says so with `isError`; rejects only with the JSON-RPC
 * error of the upstream, or once the signal is aborted.
 */
export type CallUpstream = (
  server: string,
  tool: string,
  args: Record<string, unknown>,
  context: CallOptions & { signal: AbortSignal },
) => Promise<CallToolResult>;

/** Who asked for something. */
export interface Caller {
  source: Source;
  /** Process id, where the system has told it. */
  pid: number | null;
}

/** Everything that lib/http is given. */
export interface Services {
  facts(): CoreFacts;
  access(): AccessPolicy;
  config: ConfigService;
  upstreams: Upstreams;
  /** Finds tools of ready upstreams. */
  search: Pick<ToolSearch, "search">;
  /** By which every call of an upstream's tool goes, and is counted. */
  callUpstream: CallUpstream;
  metrics: Metrics;
  connections(): ConnectedClient[];
  channel(): ChannelCounters;
  /** Subscribes to what happens in the core; returns the function that ends it. */
  onEvent(listener: (event: CoreEvent) => void): () => void;
  /** Begins to end the core, as SIGTERM does; returns at once. */
  requestStop(caller: Caller): void;
  /** Serves `/mcp` and `/mcp/all` for a request that has passed every check. */
  mcp(request: Request): Promise<Response>;
}
