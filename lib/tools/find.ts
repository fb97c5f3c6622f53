/** Tools by the one name that they have among all servers: `server:tool`. */
import type { Tool } from "@modelcontextprotocol/client";
import { similarNames } from "../similar.ts";
import type { Upstreams } from "../upstream/types.ts";

/**
 * Takes `server:tool` apart. A server's name holds no colon, a tool's may: the first one divides.
 * @param id any text
 * @returns both names; without a colon there is no server, which is then empty
 */
export function divideToolId(id: string): { server: string; tool: string } {
  const colon = id.indexOf(":");
  return { server: id.slice(0, Math.max(colon, 0)), tool: id.slice(colon + 1) };
}

/**
 * Finds a tool that is offered right now.
 * @param upstreams whose tools they are
 * @param id `server:tool`
 * @returns its server and its definition; undefined if there is none, or its server is not ready
 */
export function findTool(
  upstreams: Upstreams,
  id: string,
): { server: string; definition: Tool } | undefined {
  const { server, tool } = divideToolId(id);
  const definition = upstreams.tools(server).find(({ name }) => name === tool);
  return definition && { server, definition };
}

/**
 * What somebody may have meant by the name of a tool that is not there.
 * @param upstreams whose tools they are
 * @param id `server:tool` as it was asked for
 * @returns up to three names that are nearly the same, the likest first
 */
export function similarTools(upstreams: Upstreams, id: string): string[] {
  return similarNames(
    id,
    upstreams.list().flatMap(({ name }) =>
      upstreams.tools(name).map((tool) => `${name}:${tool.name}`)
    ),
  );
}
