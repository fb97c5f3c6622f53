/**
 * The sessions of 2025-era clients (MCP 2025-11-25, basic/transports, "Session Management").
 *
 * A session ends when its client deletes it, when it has been idle for long, when it must make room for a new one, and
 * with the process. The client of a session that is gone gets 404, by which it knows that it has to initialize anew.
 * That a connection drops ends neither a session nor a call: only `notifications/cancelled` cancels in this era.
 */
import {
  isInitializeRequest,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";
import { logger } from "../log.ts";
import { createPlainCalls, type PlainCalls } from "./plain_calls.ts";
import { hasId, promptAnswer } from "./prompt_answer.ts";
import { errorResponse } from "./responses.ts";
import type { TransparentServer } from "./server.ts";

/** Bounds on sessions. */
export interface SessionLimits {
  /** Most sessions at once. */
  count: number;
  /** How long a session without a request or an open stream is kept, in milliseconds. */
  idle: number;
}

/** All sessions of 2025-era clients. */
export interface Sessions {
  /**
   * Answers a 2025-era request.
   * @param request its body, if it has one, was read already
   * @param body the parsed body of a POST
   * @param path the endpoint; a session is known only at the one it was opened on
   */
  handle(request: Request, body: unknown, path: string): Promise<Response>;
  /** Sends `notifications/tools/list_changed` to every client. */
  notifyToolsChanged(): void;
  /** How many there are. */
  count(): number;
  /** Ends all sessions and the calls in them. */
  close(): Promise<void>;
}

interface Session {
  path: string;
  server: TransparentServer;
  transport: WebStandardStreamableHTTPServerTransport;
  calls: PlainCalls;
  /** When it was last used, by `performance.now()`. */
  usedAt: number;
  /** Open GET streams: one at most, but the end of an old one may be seen after the begin of a new one. */
  streams: number;
  /** Tools changed while no stream was open to tell it on. */
  missedChange: boolean;
}

const log = logger("mcp");

/**
 * Makes an empty set of sessions.
 * @param limits bounds on their number and age
 * @param createServer makes the server behind a session opened at a path
 */
export function createSessions(
  limits: SessionLimits,
  createServer: (path: string) => TransparentServer,
): Sessions {
  const sessions = new Map<string, Session>();
  /** Requests that brought more than one message. */
  const batches = new WeakSet<Request>();
  const sweep = setInterval(() => {
    const now = performance.now();
    for (const session of sessions.values()) {
      if (isBusy(session)) session.usedAt = now;
      else if (session.usedAt < now - limits.idle) void session.server.close();
    }
  }, Math.min(limits.idle, 60_000));
  Deno.unrefTimer(sweep);

  /** Ends the session that was idle for the longest; false if all are busy. */
  function makeRoom(): boolean {
    const idle = [...sessions.values()].filter((session) => !isBusy(session));
    const oldest = idle.sort((a, b) => a.usedAt - b.usedAt)[0];
    void oldest?.server.close();
    return oldest !== undefined;
  }

  async function open(request: Request, body: unknown, path: string): Promise<Response> {
    if (sessions.size >= limits.count && !makeRoom()) {
      return errorResponse(503, -32000, `All ${limits.count} sessions are in use`, body);
    }
    const server = createServer(path);
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => crypto.randomUUID(),
      onsessioninitialized: (id) => {
        const usedAt = performance.now();
        const counts = { usedAt, streams: 0, missedChange: false };
        sessions.set(id, { path, server, transport, calls, ...counts });
      },
    });
    const calls = createPlainCalls(server.callTool, () => ({
      "mcp-session-id": transport.sessionId ?? "",
    }));
    server.onclose = () => {
      calls.close();
      sessions.delete(transport.sessionId ?? "");
    };
    server.oncancelled = (call, origin) => {
      // The SDK would leave the stream of a cancelled call open. Closed, it takes no response, as a client expects;
      // what is sent then only clears the transport's books. The calls of a batch share a stream: that is not closed.
      if (origin === undefined || !batches.has(origin)) transport.closeSSEStream(call);
      const error = { code: -32000, message: "Request cancelled" };
      transport.send({ jsonrpc: "2.0", id: call, error }).catch(() => {});
    };
    server.onerror = (error) => log.debug("session: {error}", { error });
    await server.connect(transport);
    const response = await transport.handleRequest(request, { parsedBody: body });
    if (!response.ok) await server.close();
    return await promptAnswer(response);
  }

  return {
    async handle(request, body, path) {
      if (!["POST", "GET", "DELETE"].includes(request.method)) {
        return errorResponse(405, -32000, "Method not allowed", body, {
          allow: "GET, POST, DELETE",
        });
      }
      const id = request.headers.get("mcp-session-id");
      if (id === null) {
        if (isInitializeRequest(body)) return await open(request, body, path);
        return errorResponse(400, -32000, "Bad Request: no mcp-session-id header", body);
      }
      const session = sessions.get(id);
      if (session === undefined || session.path !== path) {
        return errorResponse(404, -32001, "Session not found: initialize a new one", body);
      }
      session.usedAt = performance.now();
      if (Array.isArray(body)) batches.add(request);
      if (session.calls.cancel(request, body)) return new Response(null, { status: 202 });
      const plain = session.calls.answer(request, body);
      if (plain) return await plain;
      const response = await session.transport.handleRequest(request, { parsedBody: body });
      if (response.ok && request.method === "GET") trackStream(session, request);
      if (response.ok && request.method === "POST") session.calls.trust(request);
      return hasId(body) ? await promptAnswer(response) : response;
    },
    notifyToolsChanged() {
      for (const session of sessions.values()) {
        if (session.streams > 0) void session.server.sendToolListChanged().catch(() => {});
        else session.missedChange = true;
      }
    },
    count: () => sessions.size,
    async close() {
      clearInterval(sweep);
      await Promise.all([...sessions.values()].map(({ server }) => server.close()));
    },
  };
}

function isBusy({ streams, server, calls }: Session): boolean {
  return streams > 0 || server.pending > 0 || calls.pending > 0;
}

/** Follows a GET stream to its end, and tells on it what was missed. */
function trackStream(session: Session, { signal }: Request): void {
  if (signal.aborted) return;
  session.streams++;
  signal.addEventListener("abort", () => {
    session.streams--;
    session.usedAt = performance.now();
  }, { once: true });
  if (!session.missedChange) return;
  session.missedChange = false;
  void session.server.sendToolListChanged().catch(() => {});
}
