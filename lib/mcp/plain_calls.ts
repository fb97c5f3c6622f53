/**
 * The calls of a 2025-era session that bring nothing but their result, which are nearly all. The SDK opens a stream for
 * each and checks each message, which takes longer than a quick tool does; here the result is the answer.
 *
 * What the SDK checks of a request beside its message (MCP 2025-11-25, basic/transports: Accept, MCP-Protocol-Version) is
 * left to it: only a request with the same headers as one that it has taken in this session is answered here.
 */
import type { Result } from "@modelcontextprotocol/server";
import { messageOf } from "../errors.ts";
import { isObject, type JsonObject } from "../json_object.ts";
import { settlesWithin } from "../waiting.ts";
import type { CallContext } from "./view.ts";

/** The plain calls of one session. */
export interface PlainCalls {
  /** How many are under way. */
  readonly pending: number;
  /** The SDK has taken a request with these headers. */
  trust(request: Request): void;
  /**
   * Answers a request if it is a plain call.
   * @returns the answer: the result as JSON, or a stream with it if it takes long; undefined if it is for the SDK
   */
  answer(request: Request, body: unknown): Promise<Response> | undefined;
  /** Cancels what a `notifications/cancelled` names. @returns false if that is no call of ours */
  cancel(request: Request, body: unknown): boolean;
  /** Cancels all. */
  close(): void;
}

/** By which a call reaches the tools; throws what is to be a JSON-RPC error. */
export type CallTool = (params: Record<string, unknown>, context: CallContext) => Promise<Result>;

/** How long a result may take to be sent as JSON, in milliseconds; then a stream is begun, so that no one waits for a head. */
const soon = 25;
/** Combinations of headers that a session remembers; clients send one. */
const mostTrusted = 8;
const internalError = -32603;

/**
 * Makes the plain calls of a session.
 * @param callTool calls a tool
 * @param headers of each answer
 */
export function createPlainCalls(
  callTool: CallTool,
  headers: () => Record<string, string>,
): PlainCalls {
  const trusted = new Set<string>();
  const calls = new Map<unknown, AbortController>();

  async function respond(id: unknown, params: JsonObject): Promise<Response> {
    const cancelled = new AbortController();
    calls.set(id, cancelled);
    const message = messageFor(id, params, cancelled.signal).finally(() => calls.delete(id));
    const prompt = await settlesWithin(message, soon) ? await message : null;
    if (prompt === null) return streamOf(message, headers());
    return new Response(prompt, {
      headers: { ...headers(), "content-type": "application/json" },
    });
  }

  /** The response message as text; null for a call that was cancelled, which has none. */
  async function messageFor(
    id: unknown,
    params: JsonObject,
    signal: AbortSignal,
  ): Promise<string | null> {
    try {
      const result = await callTool(params, { signal });
      return signal.aborted ? null : JSON.stringify({ jsonrpc: "2.0", id, result });
    } catch (error) {
      if (signal.aborted) return null;
      return JSON.stringify({ jsonrpc: "2.0", id, error: errorOf(error) });
    }
  }

  return {
    get pending() {
      return calls.size;
    },
    trust(request) {
      if (trusted.size < mostTrusted) trusted.add(headersOf(request));
    },
    answer(request, body) {
      if (!isObject(body) || body.jsonrpc !== "2.0" || body.method !== "tools/call") return;
      const { id, params } = body;
      if (typeof id !== "string" && typeof id !== "number" || calls.has(id)) return;
      // Whoever asks for progress, or for anything else beside the result, gets it from the SDK.
      if (!isObject(params) || "_meta" in params || !trusted.has(headersOf(request))) return;
      return respond(id, params);
    },
    cancel(request, body) {
      if (!isObject(body) || body.method !== "notifications/cancelled" || "id" in body) {
        return false;
      }
      if (!isObject(body.params) || !trusted.has(headersOf(request))) return false;
      const call = calls.get(body.params.requestId);
      call?.abort(new DOMException("the client has cancelled the call", "AbortError"));
      return call !== undefined;
    },
    close() {
      for (const call of calls.values()) call.abort(new Error("the session has ended"));
    },
  };
}

/** What the SDK looks at. */
function headersOf({ headers }: Request): string {
  return `${headers.get("accept")}\n${headers.get("mcp-protocol-version")}`;
}

function errorOf(error: unknown): { code: number; message: string; data?: unknown } {
  const { code, data } = error as { code?: unknown; data?: unknown };
  return {
    code: Number.isSafeInteger(code) ? code as number : internalError,
    message: messageOf(error),
    ...data === undefined ? {} : { data },
  };
}

/** A stream that ends with the message. That its reader goes ends no call: in this era only a notification does. */
function streamOf(message: Promise<string | null>, headers: Record<string, string>): Response {
  const stream = new ReadableStream<Uint8Array>({
    async start(controller) {
      const text = await message;
      try {
        if (text !== null) {
          controller.enqueue(new TextEncoder().encode(`event: message\ndata: ${text}\n\n`));
        }
        controller.close();
      } catch {
        // The reader is gone.
      }
    },
  });
  return new Response(stream, {
    headers: { ...headers, "content-type": "text/event-stream", "cache-control": "no-cache" },
  });
}
