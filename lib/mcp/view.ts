/** What an MCP endpoint offers, apart from how it is served. */
import type { CallToolResult, Progress, Tool } from "@modelcontextprotocol/client";

/** What comes with one tool call. */
export interface CallContext {
  /** Aborted when the client cancels the call or, where that means the same, goes away. */
  signal: AbortSignal;
  /** Hands progress on to the client; absent if the client did not ask for it. */
  onprogress?: (progress: Progress) => void;
}

/** A set of tools with what calling them does. */
export interface View {
  /** Told to a client at the start; clients show it to the model. */
  readonly instructions: string;
  /** The tools as they are now. */
  list(): readonly Tool[];
  /**
   * Calls a tool.
   * @throws {JsonRpcError} if there is no such tool, or with the very error that an upstream answered
   */
  call(
    name: string,
    args: Record<string, unknown>,
    context: CallContext,
  ): Promise<CallToolResult>;
  /** Stops following the upstreams. */
  close(): void;
}

/** An error that reaches the client as a JSON-RPC error with this code and data. */
export class JsonRpcError extends Error {
  override readonly name = "JsonRpcError";
  readonly code: number;
  readonly data: unknown;

  /**
   * @param code of JSON-RPC 2.0 or MCP, such as -32602 for invalid params
   * @param message what is wrong, for whoever reads the client's log
   * @param data details for the client; left out if undefined
   */
  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/**
 * A tool result that says what went wrong. Unlike a JSON-RPC error it reaches the model, which can then do better
 * (MCP 2025-11-25, server/tools, "Error Handling").
 * @param text what went wrong and what to do next
 * @returns a result with `isError: true`
 */
export function errorResult(text: string): CallToolResult {
  return { content: [{ type: "text", text }], isError: true };
}
