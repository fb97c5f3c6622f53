/** The SDK's server with a view behind it, letting everything through as it is. */
import {
  type JSONRPCMessage,
  type JSONRPCRequest,
  type ProtocolEra,
  type RequestId,
  type Result,
  Server,
  type ServerContext,
  type StandardSchemaV1,
  type Transport,
} from "@modelcontextprotocol/server";
import type { CallTool } from "./plain_calls.ts";
import { type CallContext, JsonRpcError, type View } from "./view.ts";

/** The SDK's stand-in for a schema: accepts all, changes nothing. The view checks what it needs itself. */
const anything: StandardSchemaV1<unknown, Record<string, unknown>> = {
  "~standard": {
    version: 1,
    vendor: "mcpproxy",
    validate: (value) => ({ value: value as Record<string, unknown> }),
  },
};

type Handler = (request: JSONRPCRequest, context: ServerContext) => Promise<Result>;

/** "Resource not found" before 2026; the SDK turns it into -32602 when it leaves a server. */
const resourceNotFound = -32002;

/** A server that neither checks nor changes what its handlers return. */
export class TransparentServer extends Server {
  /** How many requests are being worked on. */
  pending = 0;
  /** Called when a request is cancelled, with its id and the HTTP request that brought it. */
  oncancelled?: (id: RequestId, request: Request | undefined) => void;
  /** Calls a tool as `tools/call` asks for it. @throws {JsonRpcError} and what the view throws */
  callTool!: CallTool;
  /** Requests whose error is on its way out with a code that the SDK would change. */
  readonly #notFound = new Set<RequestId>();

  /** The SDK would hold results of `tools/call` against its schema and drop or refuse what it does not know. */
  protected override _wrapHandler(_method: string, handler: Handler): Handler {
    return async (request, context) => {
      const { id, signal } = context.mcpReq;
      signal.addEventListener("abort", () => this.oncancelled?.(id, context.http?.req));
      this.pending++;
      try {
        return await handler(request, context);
      } catch (error) {
        if ((error as { code?: unknown }).code === resourceNotFound) this.#notFound.add(id);
        throw error;
      } finally {
        this.pending--;
      }
    };
  }

  override async connect(transport: Transport): Promise<void> {
    const send = transport.send.bind(transport);
    transport.send = (message, options) => send(this.#restoreCode(message), options);
    await super.connect(transport);
  }

  #restoreCode(message: JSONRPCMessage): JSONRPCMessage {
    if (!("error" in message) || message.id === undefined) return message;
    if (!this.#notFound.delete(message.id)) return message;
    return { ...message, error: { ...message.error, code: resourceNotFound } };
  }
}

/**
 * Makes a server for one connection: one HTTP request in the 2026 era, one session in the 2025 era.
 * @param view what it offers
 * @param version our version, told to the client
 * @param era of the client; a 2025 client cannot take all that a 2026 upstream may answer
 * @returns the server, not yet connected
 */
export function createServer(view: View, version: string, era: ProtocolEra): TransparentServer {
  const server = new TransparentServer({ name: "mcpproxy", version }, {
    capabilities: { tools: { listChanged: true } },
    instructions: view.instructions,
  });

  server.setRequestHandler("tools/list", { params: anything }, ({ cursor }) => {
    // All tools go on one page, so no cursor can be one of ours.
    if (cursor !== undefined) throw new JsonRpcError(-32602, "Invalid params: unknown cursor");
    return { tools: view.list() };
  });

  server.callTool = async (params, context) => {
    const { name, arguments: args = {} } = params;
    if (typeof name !== "string") {
      throw new JsonRpcError(-32602, 'Invalid params: "name" must be a string');
    }
    if (typeof args !== "object" || args === null || Array.isArray(args)) {
      throw new JsonRpcError(-32602, 'Invalid params: "arguments" must be an object');
    }
    const result = await view.call(name, args as Record<string, unknown>, context);
    if (era === "modern" || result.structuredContent === undefined) return result;
    // In the 2025 era structured content is always an object; the SDK wraps what is not, here and in tools/list.
    const schema = view.list().find((tool) => tool.name === name)?.outputSchema;
    return server.projectCallToolResult(result, schema);
  };
  server.setRequestHandler(
    "tools/call",
    { params: anything },
    (params, context) => server.callTool(params, callContext(context)),
  );
  return server;
}

function callContext({ mcpReq }: ServerContext): CallContext {
  const { signal, _meta, notify } = mcpReq;
  const progressToken: unknown = _meta?.progressToken;
  if (typeof progressToken !== "string" && typeof progressToken !== "number") return { signal };
  return {
    signal,
    onprogress: (progress) => {
      // A client that is gone misses it: nothing is lost by that.
      notify({ method: "notifications/progress", params: { ...progress, progressToken } })
        .catch(() => {});
    },
  };
}
