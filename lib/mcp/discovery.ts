/** The view that offers three tools, by which a model finds and calls all others. */
import type { CallToolResult } from "@modelcontextprotocol/client";
import { divideToolId, findTool, similarTools } from "../tools/find.ts";
import type { ToolSearch } from "../tools/search.ts";
import type { Upstreams } from "../upstream/types.ts";
import { type CallUpstream, unavailableText } from "./call.ts";
import {
  describeLimit,
  discoveryTools,
  instructions,
  retrieveLimit,
  usage,
} from "./discovery_tools.ts";
import { type CallContext, errorResult, JsonRpcError, type View } from "./view.ts";

type Args = Record<string, unknown>;

/**
 * Makes the view of `retrieve_tools`, `describe_tool` and `call_tool`. What is wrong with a model's arguments is told
 * in a result with `isError`, since it is the model that can do better.
 * @param upstreams whose tools are offered
 * @param search finds them
 * @param callUpstream by which they are called
 * @param toolsLimit how many results `retrieve_tools` gives unless asked otherwise; more than 100 count as 100
 */
export function createDiscoveryView(
  upstreams: Upstreams,
  search: ToolSearch,
  callUpstream: CallUpstream,
  toolsLimit: number,
): View {
  const defaultLimit = Math.min(toolsLimit, retrieveLimit);
  const tools = discoveryTools(defaultLimit);

  /** Why a tool cannot be had, and which ones are nearly named like it. */
  function missing(id: string): { message: string; did_you_mean: string[] } {
    const { server } = divideToolId(id);
    const status = upstreams.get(server);
    if (status !== undefined && status.state !== "ready") {
      return { message: unavailableText(server, status), did_you_mean: [] };
    }
    const suggestions = similarTools(upstreams, id);
    const hint = suggestions.length === 0 ? "" : ` Did you mean ${suggestions.join(", ")}?`;
    const message = `There is no tool "${
      id.slice(0, 200)
    }".${hint} Use retrieve_tools to find tools.`;
    return { message, did_you_mean: suggestions };
  }

  async function retrieve(args: Args): Promise<CallToolResult> {
    const { query, limit = defaultLimit } = args;
    if (typeof query !== "string" || query.trim() === "") {
      return errorResult('"query" is missing: give words for what you want to do.');
    }
    if (typeof limit !== "number" || !(limit >= 1)) {
      return errorResult(`"limit" must be a number from 1 to ${retrieveLimit}.`);
    }
    const matches = await search.search(query, Math.min(Math.floor(limit), retrieveLimit));
    const found = matches.flatMap(({ server, tool, score }) => {
      const name = `${server}:${tool}`;
      const definition = findTool(upstreams, name)?.definition;
      if (definition === undefined) return [];
      const { description, inputSchema, annotations } = definition;
      return [{ name, description, inputSchema, annotations, score: round(score), server }];
    });
    const unavailable = upstreams.list()
      .filter(({ state }) => state === "connecting" || state === "error")
      .map(({ name, state }) => ({ server: name, state }));
    return jsonResult({
      tools: found,
      query,
      total: found.length,
      usage_instructions: usage,
      ...(unavailable.length > 0 && { unavailable_servers: unavailable }),
    });
  }

  function describe(args: Args): CallToolResult {
    const ids = args.tool_ids ?? (args.name === undefined ? undefined : [args.name]);
    if (!isTextList(ids) || ids.length < 1 || ids.length > describeLimit) {
      return errorResult(`"tool_ids" must be a list of 1 to ${describeLimit} names "server:tool".`);
    }
    const described: unknown[] = [];
    const errors: unknown[] = [];
    for (const id of new Set(ids)) {
      const found = findTool(upstreams, id);
      if (found === undefined) errors.push({ tool_id: id, ...missing(id) });
      else described.push({ ...found.definition, name: id, server: found.server });
    }
    const result = jsonResult({ tools: described, ...(errors.length > 0 && { errors }) });
    return described.length === 0 ? { ...result, isError: true } : result;
  }

  async function call(args: Args, context: CallContext): Promise<CallToolResult> {
    if (typeof args.name !== "string") return errorResult('"name" is missing: give "server:tool".');
    const toolArgs = toolArguments(args);
    if (typeof toolArgs === "string") return errorResult(toolArgs);
    if (findTool(upstreams, args.name) === undefined) {
      return errorResult(missing(args.name).message);
    }
    const { server, tool } = divideToolId(args.name);
    return await callUpstream(server, tool, toolArgs, context);
  }

  return {
    instructions,
    list: () => tools,
    async call(name, args, context) {
      switch (name) {
        case "retrieve_tools":
          return await retrieve(args);
        case "describe_tool":
          return describe(args);
        case "call_tool":
          return await call(args, context);
        default:
          throw new JsonRpcError(
            -32602,
            `Unknown tool: ${
              name.slice(0, 200)
            }. Call it by call_tool, with its "server:tool" name.`,
          );
      }
    },
    close: () => {},
  };
}

/** The arguments for the tool, or what is wrong with them. */
function toolArguments(args: Args): Args | string {
  let given = args.args ?? {};
  if (args.args_json !== undefined) {
    try {
      given = JSON.parse(String(args.args_json));
    } catch {
      return '"args_json" is not valid JSON.';
    }
  }
  const isObject = typeof given === "object" && given !== null && !Array.isArray(given);
  return isObject ? given as Args : "The arguments must be an object.";
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function jsonResult(value: Record<string, unknown>): CallToolResult {
  return { content: [{ type: "text", text: JSON.stringify(value) }], structuredContent: value };
}

function round(score: number): number {
  return Math.round(score * 1000) / 1000;
}
