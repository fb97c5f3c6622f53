/** Answers that find and call tools. */
import type { RouteHandler } from "@hono/zod-openapi";
import { shellWord } from "../../shell_word.ts";
import { divideToolId, findTool, similarTools } from "../../tools/find.ts";
import { openCallStream } from "../call_stream.ts";
import type * as contracts from "../contracts/tools.ts";
import type { AppEnvironment } from "../environment.ts";
import { RequestError } from "../errors.ts";
import { didYouMean } from "../known_server.ts";
import { respond, respondEvents, respondSuccess } from "../responses.ts";
import type { Services } from "../services.ts";
import { toolView } from "../tool_view.ts";

/** The handlers of this file, by route. */
export interface ToolHandlers {
  list: RouteHandler<typeof contracts.listTools, AppEnvironment>;
  search: RouteHandler<typeof contracts.searchTools, AppEnvironment>;
  call: RouteHandler<typeof contracts.callTool, AppEnvironment>;
}

const DEFAULT_LIMIT = 10;

/**
 * Makes the handlers of `/api/v1/tools`, `/tools/call` and `/index/search`.
 * @param services what the core hands to this layer
 * @returns the handlers; they throw a {@linkcode RequestError} of status 404 or 409
 */
export function toolHandlers(services: Services): ToolHandlers {
  const { upstreams, search, callUpstream } = services;
  return {
    list: (c) => {
      const tools = upstreams.list().flatMap(({ name }) =>
        upstreams.tools(name).map((tool) => toolView(name, tool))
      );
      return respondSuccess(c, { tools, count: tools.length });
    },
    search: async (c) => {
      const { q, limit = DEFAULT_LIMIT } = c.req.valid("query");
      const start = performance.now();
      const matches = await search.search(q, limit);
      const results = matches.flatMap(({ server, tool, score }) => {
        const found = findTool(upstreams, `${server}:${tool}`);
        return found ? [{ tool: toolView(server, found.definition), score }] : [];
      });
      const took = `${Math.round(performance.now() - start)}ms`;
      return respondSuccess(c, { query: q, results, total: results.length, took });
    },
    call: (c) => {
      const { tool_name, arguments: args = {} } = c.req.valid("json");
      if (findTool(upstreams, tool_name) === undefined) throw missing(services, tool_name);
      const { server, tool } = divideToolId(tool_name);
      const asEvents = c.req.header("accept")?.includes("text/event-stream") === true;
      const open = () =>
        openCallStream((context) => callUpstream(server, tool, args, context), asEvents);
      if (asEvents) return respondEvents(c, open);
      return respond(c, open(), 200, { "Content-Type": "application/json" });
    },
  };
}

/** Why a tool cannot be called, and what to do. */
function missing({ upstreams }: Services, id: string): RequestError {
  const status = upstreams.get(divideToolId(id).server);
  if (status === undefined || status.state === "ready") {
    const message = `there is no tool "${id.slice(0, 200)}"`;
    const near = similarTools(upstreams, id);
    return new RequestError(
      404,
      message,
      near.length > 0 ? didYouMean(near) : { next: "See them all: mcpproxy tools list" },
    );
  }
  const { name, state, last_error } = status;
  const why = last_error === null ? "" : `: ${last_error}`;
  const next = state === "disabled"
    ? `Enable it: mcpproxy upstream enable ${shellWord(name)}`
    : state === "connecting"
    ? "Try again in a moment."
    : `See its log: mcpproxy upstream logs ${shellWord(name)}`;
  return new RequestError(409, `server "${name}" is not ready (${state})${why}`, { next });
}
