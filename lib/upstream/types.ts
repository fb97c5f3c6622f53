/** The upstreams as the rest of the core sees them. */
import type { CallToolResult, Progress, Tool } from "@modelcontextprotocol/client";
import type { ServerConfig } from "../config/schema.ts";

/** Where an upstream stands: a server that is off, on its way, usable, waiting for its next try, or ended with the core. */
export type UpstreamState = "disabled" | "connecting" | "ready" | "error" | "stopped";

/** A snapshot of one upstream. Times are ISO 8601. */
export interface UpstreamStatus {
  name: string;
  protocol: "stdio" | "http" | "sse";
  state: UpstreamState;
  /** When it entered this state. */
  since: string;
  /** Why it is in `error`, or why the last try failed; written for a person, without secrets. */
  last_error: string | null;
  /** Failed tries and lost connections since it was last ready for a minute. */
  retry_count: number;
  next_retry_at: string | null;
  tool_count: number;
  /** Process id of a stdio server. */
  pid: number | null;
  /** What the server calls itself. */
  server_info: { name: string; version: string } | null;
  /** The protocol era that was agreed on: 2025 handshake with sessions, or 2026-07-28. */
  era: "legacy" | "modern" | null;
}

/** Options of one tool call. */
export interface CallOptions {
  signal?: AbortSignal;
  /** Called for each progress notification of the upstream. */
  onprogress?: (progress: Progress) => void;
}

/** What changed: the state of an upstream, its set of tools, or that it came or went. */
export interface UpstreamChange {
  name: string;
  kind: "state" | "tools" | "added" | "removed";
}

/** All upstreams of one core. */
export interface Upstreams {
  /**
   * Makes the running upstreams match the config: starts new and changed ones, ends removed ones, leaves equal ones alone.
   * Returns at once; connecting goes on by itself.
   */
  apply(servers: readonly ServerConfig[]): void;
  /** Every upstream, in the order of the config. */
  list(): UpstreamStatus[];
  /** One upstream, or undefined if there is none of that name. */
  get(name: string): UpstreamStatus | undefined;
  /** The tools that a ready upstream offers (after `enabled_tools` and `disabled_tools`); empty if it is not ready. */
  tools(name: string): readonly Tool[];
  /**
   * Calls a tool of an upstream and passes its result through whole.
   * @throws {UpstreamNotReadyError} at once if the upstream is not ready, with what to do
   */
  callTool(
    name: string,
    tool: string,
    args: Record<string, unknown>,
    options?: CallOptions,
  ): Promise<CallToolResult>;
  /** Ends the connection and makes a new one, at once. Rejects if there is no such upstream. */
  restart(name: string): Promise<void>;
  /** The last lines of an upstream's log (its standard error and our own remarks), oldest first; at most `limit`. */
  logs(name: string, limit: number): string[];
  /**
   * Calls `listener` with each line that any upstream's log gets from now on; returns the function that ends that. It
   * must not wait: the upstream would wait with it.
   */
  onLog(listener: (name: string, line: string) => void): () => void;
  /** Calls `listener` after each change; returns the function that ends that. */
  onChange(listener: (change: UpstreamChange) => void): () => void;
  /** Ends every upstream and its processes; resolves when all are gone, within about 4 s. */
  stop(): Promise<void>;
}
