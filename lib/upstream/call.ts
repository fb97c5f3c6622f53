/** One tool call over a connection. */
import type { CallToolResult, RequestOptions, Tool } from "@modelcontextprotocol/client";
import type { Connection } from "./connection.ts";
import { ToolCallError } from "./errors.ts";
import { anyResult, type Sdk } from "./sdk.ts";
import type { CallOptions } from "./types.ts";

/** A server that reports progress for ever is given up after this many times the usual limit. */
const progressLimit = 10;

/** What to call, and where. */
export interface CallInput {
  sdk: Sdk;
  connection: Connection;
  /** Name of the server, for messages. */
  server: string;
  tool: string;
  /** As the server defined it, if it did. */
  definition: Tool | undefined;
  args: Record<string, unknown>;
  /** Milliseconds without an answer or progress after which the call is given up. */
  timeout: number;
  options: CallOptions;
  /** Told of a failure that is not the tool's; gives its text, without secrets. */
  onFailure(error: unknown): string;
}

/**
 * Calls a tool; the result passes through whole, checked against no schema.
 * @throws {ToolCallError} if there is no answer: too late, connection lost, or of a kind that we cannot handle
 * @throws the reason of `options.signal`, once that is aborted; the server is told
 * @throws `ProtocolError` of the SDK, with code, message and data, if the server answers with a JSON-RPC error
 */
export async function callTool(input: CallInput): Promise<CallToolResult> {
  const { sdk, connection, tool, definition, args, timeout, options } = input;
  options.signal?.throwIfAborted();
  const requestOptions: RequestOptions = {
    timeout,
    resetTimeoutOnProgress: true,
    maxTotalTimeout: timeout * progressLimit,
    // Always asked for: whoever reports progress is alive.
    onprogress: (progress) => options.onprogress?.(progress),
    ...(options.signal && { signal: options.signal }),
  };
  const params = { name: tool, arguments: args };
  try {
    if (definition !== undefined && mirrorsArguments(connection, definition)) {
      const { name, inputSchema } = definition;
      return await connection.client.callTool(params, {
        ...requestOptions,
        toolDefinition: { name, inputSchema }, // without its outputSchema: nothing to check the result against
      });
    }
    const result = await connection.client.request(
      { method: "tools/call", params },
      anyResult,
      requestOptions,
    );
    // The one thing every reader relies on; servers that give structured content only leave it out.
    return (Array.isArray(result.content) ? result : { ...result, content: [] }) as CallToolResult;
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof sdk.ProtocolError) throw error;
    throw describe(error, input);
  }
}

/** Whether arguments must be repeated in HTTP headers (2026-07-28, `x-mcp-header`); the SDK's `callTool` does it. */
function mirrorsArguments(connection: Connection, definition: Tool): boolean {
  return connection.protocol === "http" && connection.era === "modern" &&
    JSON.stringify(definition.inputSchema).includes('"x-mcp-header"');
}

function describe(error: unknown, input: CallInput): ToolCallError {
  const { sdk, server, tool, timeout } = input;
  const code = error instanceof sdk.SdkError ? error.code : undefined;
  const name = `Tool "${tool}" of server "${server}"`;
  if (code === sdk.SdkErrorCode.RequestTimeout) {
    return new ToolCallError(`${name} did not answer within ${timeout / 1000} s.`, {
      next: "Call it again, or raise `call_tool_timeout` in the config.",
    });
  }
  if (code === sdk.SdkErrorCode.UnsupportedResultType) {
    return new ToolCallError(
      `${name} wants to ask the user something, which mcpproxy cannot pass on yet.`,
    );
  }
  const reason = code === sdk.SdkErrorCode.ConnectionClosed
    ? "the connection to the server was lost"
    : input.onFailure(error);
  return new ToolCallError(`${name} could not be called: ${reason}`);
}
