/** A floor for tool calls over HTTP: an MCP server that answers every call at once. Argument: the socket. */
import { sessionHeader } from "../../../lib/ipc/sessions.ts";
import { announce } from "./announce.ts";

const results: Record<string, unknown> = {
  initialize: {
    protocolVersion: "2025-11-25",
    capabilities: { tools: {} },
    serverInfo: { name: "stub", version: "1" },
  },
  "tools/call": { content: [{ type: "text", text: "Echo: hello" }] },
};

async function answer(request: Request): Promise<Response> {
  // With a session, the private channel does not ask for one before each call.
  const headers = { [sessionHeader]: "stub" };
  if (request.method !== "POST") return new Response(null, { status: 405, headers });
  const { id, method } = await request.json();
  if (id === undefined) return new Response(null, { status: 202 });
  const message = JSON.stringify({ jsonrpc: "2.0", id, result: results[method] });
  // As a stream, since that is what an answer to a call is that may bring progress first.
  const events = ReadableStream.from([`event: message\ndata: ${message}\n\n`])
    .pipeThrough(new TextEncoderStream());
  return new Response(events, { headers: { "content-type": "text/event-stream" } });
}

const [path = ""] = Deno.args;
Deno.serve({ path, onListen() {} }, answer);
Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: announce }, answer);
