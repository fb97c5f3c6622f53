/** What the endpoint is made of and reports. */
import type { ToolSearch } from "../tools/search.ts";
import type { Upstreams } from "../upstream/types.ts";
import type { CallUpstream } from "./call.ts";

/** How a call of an upstream's tool ended: with a result, with an error of any kind, or cancelled by the client. */
export type CallOutcome = "success" | "error" | "cancelled";

/** Told of each call of an upstream's tool after it ended; `ms` is how long it took. */
export type CallListener = (server: string, tool: string, outcome: CallOutcome, ms: number) => void;

/** What the endpoint needs. */
export interface McpEndpointOptions {
  upstreams: Upstreams;
  /** Finds tools; others may use it too, so it is not closed with the endpoint. */
  search: ToolSearch;
  /** By which every call reaches an upstream. */
  callUpstream: CallUpstream;
  /** Our version, told to clients. */
  version: string;
  /** How many tools a search gives unless asked otherwise; at least 1, more than 100 count as 100. */
  toolsLimit: number;
  /** What `/mcp` offers: all tools if `direct`, else the three of discovery (`code_execution` is not offered). */
  routingMode: "retrieve_tools" | "direct" | "code_execution";
}
