/** MCP spoken by hand, to see what is really sent. */
import type { Served } from "./harness.ts";

export type Message = Record<string, unknown>;

const revision = "2026-07-28";

const jsonHeaders = {
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
};

/** A 2026-era request, with the envelope and headers it must have. */
export function modernRequest(
  url: string,
  method: string,
  params: Message,
): Request {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": revision,
    "io.modelcontextprotocol/clientInfo": { name: "raw", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": {},
    ...params._meta as Message,
  };
  return new Request(url, {
    method: "POST",
    headers: {
      ...jsonHeaders,
      "mcp-protocol-version": revision,
      "mcp-method": method,
      ...(typeof params.name === "string" && { "mcp-name": params.name }),
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { ...params, _meta } }),
  });
}

/** A 2025-era POST. */
export function legacyRequest(url: string, body: unknown, session?: string): Request {
  return new Request(url, {
    method: "POST",
    headers: { ...jsonHeaders, ...(session !== undefined && { "mcp-session-id": session }) },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

/** The `initialize` request of the 2025 era. */
export const initialize = {
  jsonrpc: "2.0",
  id: 0,
  method: "initialize",
  params: {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "raw", version: "1" },
  },
};

/** Opens a session; the function returned sends a message in it. */
export async function openSession(
  served: Pick<Served, "fetch" | "origin">,
  path: string,
): Promise<{ id: string; post(body: unknown): Promise<Response>; stream(): Promise<Response> }> {
  const url = served.origin + path;
  const response = await served.fetch(legacyRequest(url, initialize));
  const id = response.headers.get("mcp-session-id");
  await response.text();
  if (id === null) throw new Error(`no session: ${response.status}`);
  const post = (body: unknown) => served.fetch(legacyRequest(url, body, id));
  await (await post({ jsonrpc: "2.0", method: "notifications/initialized" })).body?.cancel();
  const stream = () =>
    served.fetch(url, { headers: { accept: "text/event-stream", "mcp-session-id": id } });
  return { id, post, stream };
}

/** The JSON-RPC messages of a response, as they come: from an event stream or a single body. */
export async function* messages(response: Response): AsyncGenerator<Message> {
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
    yield await response.json();
    return;
  }
  let text = "";
  const chunks = response.body?.pipeThrough(new TextDecoderStream()) ?? [];
  for await (const chunk of chunks as AsyncIterable<string>) {
    text += chunk;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const data = text.slice(0, end).split("\n").find((line) => line.startsWith("data: "));
      text = text.slice(end + 2);
      if (data !== undefined) yield JSON.parse(data.slice("data: ".length));
    }
  }
}

/** The last message of a response that ends. */
export async function lastMessage(response: Response): Promise<Message> {
  let last: Message = {};
  for await (const message of messages(response)) last = message;
  return last;
}
