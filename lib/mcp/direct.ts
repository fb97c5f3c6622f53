/** The view that offers every tool of every ready upstream under a name of its own. */
import type { Tool } from "@modelcontextprotocol/client";
import { similarNames } from "../similar.ts";
import type { Upstreams } from "../upstream/types.ts";
import { type CallUpstream, unavailableText } from "./call.ts";
import { exposedName } from "./tool_names.ts";
import { errorResult, JsonRpcError, type View } from "./view.ts";

const instructions =
  "This server is a proxy to several MCP servers. Each tool is named server__tool, and its description begins with " +
  "the [server] it belongs to. Tools come and go with their servers: list the tools again when told that they changed.";

interface Entry {
  server: string;
  /** The tool's name at its server. */
  tool: string;
  /** The definition as it is offered. */
  definition: Tool;
}

/**
 * Makes the view that lists all tools.
 * @param upstreams whose tools are offered
 * @param callUpstream by which they are called
 */
export function createDirectView(upstreams: Upstreams, callUpstream: CallUpstream): View {
  let table: Map<string, Entry> | undefined;
  const unsubscribe = upstreams.onChange(() => table = undefined);

  function entries(): Map<string, Entry> {
    if (table !== undefined) return table;
    table = new Map();
    for (const { name: server } of upstreams.list()) {
      for (const tool of upstreams.tools(server)) {
        const name = exposedName(server, tool.name);
        // A server that lists a name twice gets the first of both.
        if (!table.has(name)) table.set(name, entry(server, tool, name));
      }
    }
    return table;
  }

  return {
    instructions,
    list: () => [...entries().values()].map(({ definition }) => definition),
    async call(name, args, context) {
      const found = entries().get(name);
      if (found !== undefined) return await callUpstream(found.server, found.tool, args, context);
      // Known to the client from when its server was ready? Then the state of the server is what the model should learn.
      const away = upstreams.list().find((status) =>
        status.state !== "ready" && name.startsWith(`${status.name}__`)
      );
      if (away !== undefined) return errorResult(unavailableText(away.name, away));
      // A protocol error, as MCP wants it for an unknown tool (2025-11-25, server/tools, "Error Handling").
      const suggestions = similarNames(name, entries().keys());
      const hint = suggestions.length === 0 ? "" : `. Did you mean ${suggestions.join(", ")}?`;
      throw new JsonRpcError(-32602, `Unknown tool: ${name.slice(0, 200)}${hint}`, { suggestions });
    },
    close: unsubscribe,
  };
}

function entry(server: string, tool: Tool, name: string): Entry {
  const description = tool.description === undefined
    ? `[${server}]`
    : `[${server}] ${tool.description}`;
  return { server, tool: tool.name, definition: { ...tool, name, description } };
}
