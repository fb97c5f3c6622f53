/** The MCP endpoint that we offer: the tools of all upstreams, to clients of both eras of the protocol. */
import { logger } from "../log.ts";
import type { Upstreams } from "../upstream/types.ts";
import { errorResponse } from "./responses.ts";
import type { Serving } from "./serving.ts";
import type { McpEndpointOptions } from "./types.ts";

/** The endpoint at `/mcp`, `/mcp/call` and `/mcp/all`. */
export interface McpEndpoint {
  /**
   * Answers a request from somebody who may use us; that is decided before. Never rejects.
   * @param request to one of the three paths; any other is answered 404
   */
  fetch(request: Request): Promise<Response>;
  /**
   * Tells all clients, a tenth of a second later, that the tools changed; what comes until then is told with it.
   * Changes that the upstreams report are told without a call of this.
   */
  notifyToolsChanged(): void;
  /** How many sessions 2025-era clients have open. */
  sessions(): number;
  /** Ends all sessions and calls. Requests that come later are answered 503. */
  close(): Promise<void>;
}

const log = logger("mcp");

/** How long changes are gathered before clients are told, in milliseconds. */
const gatherTime = 100;

/**
 * Makes the MCP endpoint. Nothing of the SDK is loaded before the first request.
 *
 * Clients are told of changed tools on every path. Where the three tools of discovery are offered their list stays the
 * same, yet what they find does not, and a client may have kept that.
 * @param options what it offers, and to whom it reports
 */
export function createMcpEndpoint(options: McpEndpointOptions): McpEndpoint {
  let loading: Promise<void> | undefined;
  let serving: Serving | undefined;
  let gathering: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  async function load(): Promise<void> {
    const { createServing } = await import("./serving.ts");
    serving = createServing(options);
  }

  function notifyToolsChanged(): void {
    if (serving === undefined) return;
    gathering ??= setTimeout(() => {
      gathering = undefined;
      serving?.notifyToolsChanged();
    }, gatherTime);
  }

  const unwatch = watchTools(options.upstreams, notifyToolsChanged);

  return {
    async fetch(request) {
      try {
        if (serving === undefined && !closed) await (loading ??= load());
        if (serving === undefined || closed) {
          return errorResponse(503, -32000, "The proxy is shutting down");
        }
        return await serving.fetch(request);
      } catch (error) {
        log.error("request failed: {error}", { error });
        return errorResponse(500, -32603, "Internal error");
      }
    },
    notifyToolsChanged,
    sessions: () => serving?.sessions() ?? 0,
    async close() {
      closed = true;
      unwatch();
      clearTimeout(gathering);
      await loading?.catch(() => {});
      await serving?.close();
    },
  };
}

/** Calls `listener` when tools came or went; a server that fails to connect again and again changes nothing. */
function watchTools(upstreams: Upstreams, listener: () => void): () => void {
  const isReady = (name: string) => upstreams.get(name)?.state === "ready";
  const ready = new Set(upstreams.list().map(({ name }) => name).filter(isReady));
  return upstreams.onChange(({ name, kind }) => {
    const wasReady = ready.has(name);
    if (isReady(name)) ready.add(name);
    else ready.delete(name);
    if (ready.has(name) !== wasReady || (wasReady && kind === "tools")) listener();
  });
}
