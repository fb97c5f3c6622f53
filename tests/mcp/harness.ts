/** Serves an endpoint on a real listener and connects real clients to it. */
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { createCallUpstream } from "../../lib/mcp/call.ts";
import { createMcpEndpoint, type McpEndpoint } from "../../lib/mcp/endpoint.ts";
import type { CallListener, McpEndpointOptions } from "../../lib/mcp/types.ts";
import { createToolSearch } from "../../lib/tools/search.ts";
import type { Upstreams } from "../../lib/upstream/types.ts";

export type Era = "legacy" | "modern";
export const eras: readonly Era[] = ["legacy", "modern"];

/** An endpoint that is being served. */
export interface Served {
  endpoint: McpEndpoint;
  /** `http://127.0.0.1:port`, or `http://localhost` of the socket. */
  origin: string;
  /** By which the listener is reached. */
  fetch: typeof fetch;
  connect(path: string, era: Era): Promise<Client>;
}

/**
 * Serves an endpoint on TCP or on a Unix socket while `use` runs, and ends all there is to end afterwards.
 */
export async function withEndpoint(
  upstreams: Upstreams,
  use: (served: Served) => Promise<void>,
  options: Partial<McpEndpointOptions> & { listener?: "tcp" | "unix"; onToolCall?: CallListener } =
    {},
): Promise<void> {
  const { listener = "tcp", onToolCall, ...endpointOptions } = options;
  const search = createToolSearch(upstreams);
  const endpoint = createMcpEndpoint({
    upstreams,
    search,
    callUpstream: createCallUpstream(upstreams, onToolCall),
    version: "1.2.3",
    toolsLimit: 15,
    routingMode: "retrieve_tools",
    ...endpointOptions,
  });
  const directory = await Deno.makeTempDir({ prefix: "mcp-test-" });
  const path = `${directory}/test.sock`;
  const handler = (request: Request) => endpoint.fetch(request);
  const onListen = () => {};
  const server = listener === "tcp"
    ? Deno.serve({ port: 0, hostname: "127.0.0.1", onListen }, handler)
    : Deno.serve({ path, onListen }, handler);
  const httpClient = listener === "tcp"
    ? Deno.createHttpClient({})
    : Deno.createHttpClient({ proxy: { transport: "unix", path } });
  const origin = server.addr.transport === "tcp"
    ? `http://127.0.0.1:${server.addr.port}`
    : "http://localhost";
  const clients: Client[] = [];
  const fetchThere: typeof fetch = (input, init) =>
    fetch(input, { ...init, client: httpClient } as RequestInit & { client: Deno.HttpClient });
  try {
    await use({
      endpoint,
      origin,
      fetch: fetchThere,
      async connect(at, era) {
        const client = new Client({ name: "test", version: "1" }, {
          versionNegotiation: { mode: era === "legacy" ? "legacy" : "auto" },
        });
        clients.push(client);
        const transport = new StreamableHTTPClientTransport(new URL(origin + at), {
          fetch: fetchThere,
        });
        await client.connect(transport);
        return client;
      },
    });
  } finally {
    await Promise.all(clients.map((client) => client.close()));
    await endpoint.close();
    search.close();
    await server.shutdown();
    httpClient.close();
    await Deno.remove(directory, { recursive: true });
  }
}

/** Waits until `condition` holds, for at most 10 s. */
export async function until(condition: () => unknown, what: string): Promise<void> {
  const end = performance.now() + 10_000;
  while (!await condition()) {
    if (performance.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
