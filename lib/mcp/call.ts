/** Calls a tool of an upstream on behalf of a client. */
import type { CallToolResult } from "@modelcontextprotocol/client";
import { messageOf, UserError } from "../errors.ts";
import type { Upstreams, UpstreamStatus } from "../upstream/types.ts";
import type { CallListener, CallOutcome } from "./types.ts";
import { type CallContext, errorResult } from "./view.ts";

/** Calls `tool` of the upstream `server` and passes on what it answers. */
export type CallUpstream = (
  server: string,
  tool: string,
  args: Record<string, unknown>,
  context: CallContext,
) => Promise<CallToolResult>;

/**
 * Makes the function by which every call reaches an upstream.
 *
 * What the upstream answers, result or JSON-RPC error, is passed on as it is. Where there is no answer, because the
 * upstream is not ready, broke off or took too long, the call ends in a result with `isError`, so that the model
 * learns of it; a JSON-RPC error would be seen by the client program only.
 * @param upstreams whose tools are called
 * @param listener told of each call after it ended
 */
export function createCallUpstream(upstreams: Upstreams, listener?: CallListener): CallUpstream {
  async function answer(
    server: string,
    tool: string,
    args: Record<string, unknown>,
    { signal, onprogress }: CallContext,
  ): Promise<CallToolResult> {
    const status = upstreams.get(server);
    if (status?.state !== "ready") return errorResult(unavailableText(server, status));
    const options = onprogress === undefined ? { signal } : { signal, onprogress };
    try {
      // An upstream that does not heed the signal must not keep the call of a client that is gone.
      return await raceAbort(upstreams.callTool(server, tool, args, options), signal);
    } catch (error) {
      if (signal.aborted || isJsonRpcError(error)) throw error;
      const next = error instanceof UserError && error.next !== undefined ? ` ${error.next}` : "";
      return errorResult(
        `Calling "${tool}" of server "${server}" failed: ${messageOf(error)}${next}`,
      );
    }
  }

  return async (server, tool, args, context) => {
    const start = performance.now();
    let outcome: CallOutcome = "error";
    try {
      const result = await answer(server, tool, args, context);
      if (result.isError !== true) outcome = "success";
      return result;
    } finally {
      if (context.signal.aborted) outcome = "cancelled";
      listener?.(server, tool, outcome, performance.now() - start);
    }
  };
}

/**
 * Says why an upstream cannot be called and what to do about it.
 * @param server its name
 * @param status its status; undefined if there is no such upstream
 * @returns text for a model and the person behind it
 */
export function unavailableText(server: string, status: UpstreamStatus | undefined): string {
  if (status === undefined) return `There is no server named "${server}".`;
  const why = status.last_error === null ? "" : `, last error: ${status.last_error}`;
  return `Server "${server}" is not ready (state: ${status.state}${why}). ${remedy(status)}`;
}

function remedy({ name, state, next_retry_at }: UpstreamStatus): string {
  switch (state) {
    case "disabled":
      return `Ask the user to enable it: mcpproxy upstream enable "${name}"`;
    case "connecting":
      return "It is being connected; try again in a few seconds.";
    case "stopped":
      return "The proxy is shutting down; try again when it is back.";
    default: {
      const at = next_retry_at === null ? "" : ` at ${next_retry_at}`;
      return `It is tried again${at}; to try at once, ask the user to run: mcpproxy upstream restart "${name}"`;
    }
  }
}

/** True for an error that an upstream answered by JSON-RPC; a DOMException has a number as `code`, too. */
function isJsonRpcError(error: unknown): boolean {
  return error instanceof Error && !(error instanceof DOMException) &&
    Number.isSafeInteger((error as { code?: unknown }).code);
}

function raceAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
