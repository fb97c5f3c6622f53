/** The official MCP client, by way of a core or directly on a server's standard input and output. */
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

/** The protocol as clients speak it: with a session, 2025-11-25, or without, 2026-07-28. */
export type Era = "legacy" | "modern";

/** A real MCP server from npm, at the version that deno.json names. */
export const everything = {
  name: "everything",
  command: Deno.execPath(),
  args: ["run", "-q", "-A", "npm:@modelcontextprotocol/server-everything@2026.8.31", "stdio"],
};

/** A client with a connection. */
export interface Connected {
  client: Client;
  /** Ends the session, if there is one, and the connection. */
  end(): Promise<void>;
}

/**
 * Connects to all tools of a core.
 * @param fetch how the core is reached
 * @param origin `http://host:port`; any on the private channel
 */
export async function connectByCore(
  fetch: (url: string | URL, init?: RequestInit) => Promise<Response>,
  era: Era,
  origin = "http://localhost",
): Promise<Connected> {
  const client = newClient(era);
  const transport = new StreamableHTTPClientTransport(new URL("/mcp/all", origin), { fetch });
  await client.connect(transport);
  return {
    client,
    async end() {
      if (era === "legacy") await transport.terminateSession();
      await client.close();
    },
  };
}

/** Starts {@linkcode everything} and connects to it. */
export async function connectDirectly(): Promise<Connected> {
  const client = newClient("legacy");
  const { command, args } = everything;
  await client.connect(new StdioClientTransport({ command, args, stderr: "ignore" }));
  return { client, end: () => client.close() };
}

function newClient(era: Era): Client {
  const mode = era === "legacy" ? "legacy" : "auto";
  return new Client({ name: "benchmark", version: "1" }, { versionNegotiation: { mode } });
}

/** Calls the tool `echo`. @param name what it is called here */
export async function callEcho(client: Client, name: string): Promise<void> {
  const { content } = await client.callTool({ name, arguments: { message: "hello" } });
  const [first] = content;
  if (first?.type !== "text" || !first.text.includes("hello")) throw new Error("no echo");
}

/** Waits until a core offers a tool. */
export async function untilOffered(client: Client, name: string): Promise<void> {
  for (const begin = performance.now(); performance.now() < begin + 30_000;) {
    if ((await client.listTools()).tools.some((tool) => tool.name === name)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the core does not offer ${name}`);
}
