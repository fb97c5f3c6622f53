/** How a tool of an upstream server looks from outside. */
import type { z } from "@hono/zod-openapi";
import type { Upstreams } from "../upstream/types.ts";
import type { ServerTool } from "./contracts/servers.ts";

/**
 * A tool as the API shows it.
 * @param server the server that offers it
 * @param tool its definition
 * @returns what the contract `ServerTool` wants
 */
export function toolView(
  server: string,
  tool: ReturnType<Upstreams["tools"]>[number],
): z.infer<typeof ServerTool> {
  return {
    name: tool.name,
    server_name: server,
    description: tool.description ?? "",
    schema: tool.inputSchema,
    ...(tool.annotations === undefined ? {} : { annotations: tool.annotations }),
  };
}
