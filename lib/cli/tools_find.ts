/** Finds a tool by its name among those of the running core. */
import type { ApiClient, ServerTool } from "../client/api.ts";
import { UserError } from "../errors.ts";
import { similarNames } from "../similar.ts";
import { printable } from "./text.ts";

/**
 * Finds one tool.
 * @param client of the core
 * @param id `server:tool`
 * @returns its definition
 * @throws {UserError} if there is none of that name: with those that are nearly called so, or with the state of its server
 */
export async function findTool(client: ApiClient, id: string): Promise<ServerTool> {
  const tools = await client.tools();
  const nameOf = ({ server_name, name }: ServerTool) => `${server_name}:${name}`;
  const found = tools.find((tool) => nameOf(tool) === id);
  if (found) return found;
  const { servers } = await client.servers();
  const server = servers.find(({ name }) => id.startsWith(`${name}:`));
  if (server && !server.connected) {
    const { summary, detail } = server.health;
    throw new UserError(
      printable(`server "${server.name}" is not connected: ${detail || summary}`),
      { next: "See how it is: mcpproxy upstream list" },
    );
  }
  const near = similarNames(id, tools.map(nameOf));
  throw new UserError(printable(`there is no tool "${id.slice(0, 200)}"`), {
    next: near.length > 0
      ? `Did you mean ${printable(near.join(", "))}?`
      : "See them all: mcpproxy tools list",
  });
}
