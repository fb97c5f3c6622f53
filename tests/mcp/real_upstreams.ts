/** Upstreams that are real MCP servers from npm, each connected by the official client. */
import { type CallToolResult, Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import type { CallOptions } from "../../lib/upstream/types.ts";
import { FakeUpstreams } from "./fake_upstreams.ts";

/** Accepts all: the SDK would otherwise drop what its schema does not know. */
const anything = {
  "~standard": { version: 1 as const, vendor: "test", validate: (value: unknown) => ({ value }) },
};

/**
 * Starts servers and connects to them.
 * @param servers for each name, the package and its arguments
 * @param env more environment for all
 */
export async function startRealUpstreams(
  servers: Record<string, [specifier: string, ...args: string[]]>,
  env: Record<string, string>,
): Promise<{ upstreams: FakeUpstreams; stop(): Promise<void> }> {
  const upstreams = new FakeUpstreams();
  const clients = await Promise.all(
    Object.entries(servers).map(async ([name, command]) => {
      const client = await connect(command, env);
      const call = async (tool: string, args: Record<string, unknown>, options: CallOptions) => {
        const request = { method: "tools/call", params: { name: tool, arguments: args } };
        return await client.request(request, anything, options) as CallToolResult;
      };
      upstreams.set(name, "added", { tools: (await client.listTools()).tools, call });
      return client;
    }),
  );
  return {
    upstreams,
    async stop() {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

async function connect(
  [specifier, ...args]: [string, ...string[]],
  env: Record<string, string>,
): Promise<Client> {
  const client = new Client({ name: "test-upstream", version: "1" }, {
    versionNegotiation: { mode: "legacy" },
  });
  const transport = new StdioClientTransport({
    command: Deno.execPath(),
    args: ["run", "-A", `npm:@modelcontextprotocol/${specifier}`, ...args],
    env: { ...Deno.env.toObject(), ...env },
    stderr: "ignore",
  });
  await client.connect(transport);
  return client;
}
