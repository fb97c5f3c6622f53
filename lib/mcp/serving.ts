/**
 * Serves the views in both eras of the protocol.
 *
 * This module loads the SDK, which costs about 80 ms and 20 MB: it is imported at the first request, not before.
 */
import {
  createMcpHandler,
  isJsonContentType,
  isLegacyRequest,
  type ProtocolEra,
} from "@modelcontextprotocol/server";
import { logger } from "../log.ts";
import { bodyLimit, readJson } from "./body.ts";
import { hasId, promptAnswer } from "./prompt_answer.ts";
import { errorResponse } from "./responses.ts";
import { createServer, type TransparentServer } from "./server.ts";
import { createSessions, type SessionLimits } from "./sessions.ts";
import type { McpEndpointOptions } from "./types.ts";
import { createViews } from "./views.ts";

/** Bounds on the sessions of 2025-era clients. */
const sessionLimits: SessionLimits = { count: 1_000, idle: 30 * 60_000 };

/** The endpoint once it is in use. */
export interface Serving {
  /** Answers a request to one of the paths. */
  fetch(request: Request): Promise<Response>;
  /** Tells every client of either era that the tools changed, at once. */
  notifyToolsChanged(): void;
  /** How many 2025-era sessions there are. */
  sessions(): number;
  /** Ends all sessions, subscriptions and calls. */
  close(): Promise<void>;
}

const log = logger("mcp");

/**
 * Makes what answers MCP requests.
 * @param options of the endpoint
 */
export function createServing(options: McpEndpointOptions): Serving {
  const views = createViews(options);

  function serverAt(path: string, era: ProtocolEra): TransparentServer {
    const view = views.get(path);
    if (view === undefined) throw new Error(`There is no MCP endpoint at ${path}`);
    return createServer(view, options.version, era);
  }

  const modern = createMcpHandler(({ requestInfo }) => {
    if (requestInfo === undefined) throw new Error("The SDK gave no request");
    return serverAt(pathOf(requestInfo), "modern");
  }, {
    legacy: "reject",
    // Begun at once, so that the end of the client is seen: Deno 2.9 does not report it on a request of more than about
    // 500 bytes before there is a response.
    responseMode: "sse",
    maxRequestBodySize: bodyLimit,
    onerror: (error) => log.debug("modern request: {error}", { error }),
  });
  const sessions = createSessions(sessionLimits, (path) => serverAt(path, "legacy"));

  return {
    async fetch(request) {
      const path = pathOf(request);
      if (!views.has(path)) {
        return errorResponse(404, -32000, `There is no MCP endpoint at ${path}`);
      }
      let body: unknown;
      if (request.method === "POST") {
        if (!isJsonContentType(request.headers.get("content-type"))) {
          return errorResponse(415, -32000, "Unsupported Media Type: send application/json");
        }
        const read = await readJson(request);
        if (read instanceof Response) return read;
        body = read.body;
      }
      if (await isLegacyRequest(request, body)) return await sessions.handle(request, body, path);
      const answer = await modern.fetch(request, { parsedBody: body });
      return hasId(body) ? await promptAnswer(answer) : answer;
    },
    notifyToolsChanged() {
      modern.notify.toolsChanged();
      sessions.notifyToolsChanged();
    },
    sessions: sessions.count,
    async close() {
      await Promise.all([modern.close(), sessions.close()]);
      for (const view of new Set(views.values())) view.close();
    },
  };
}

function pathOf(request: Request): string {
  return new URL(request.url).pathname.replace(/\/$/, "");
}
