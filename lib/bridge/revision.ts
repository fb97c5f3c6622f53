/** Which revision of the protocol a message belongs to, and the HTTP headers that it needs for that. */
import type { ClientMessage, ClientNotification, ClientRequest } from "./message.ts";
import { isObject } from "../json_object.ts";

/** The first revision without sessions, in which each message says for itself what it belongs to. */
const firstModern = "2026-07-28";
const versionKey = "io.modelcontextprotocol/protocolVersion";

/**
 * The modern revision that a message claims, in `_meta` of its parameters (MCP 2026-07-28, basic, "_meta").
 * @param message of the client
 * @returns the revision; null for a message of the 2025 era, which belongs to a session
 */
export function modernRevision(message: ClientMessage): string | null {
  if (message.kind !== "request" && message.kind !== "notification") return null;
  const { method, params: { _meta } } = message;
  const claimed = isObject(_meta) ? _meta[versionKey] : undefined;
  if (typeof claimed !== "string") return null;
  // By it a client of the 2025 era opens its session, whatever else it says.
  return method === "initialize" && claimed < firstModern ? null : claimed;
}

/** Which parameter the header Mcp-Name repeats (MCP 2026-07-28, basic/transports, "Standard Request Headers"). */
const nameSources: Record<string, string> = {
  "tools/call": "name",
  "prompts/get": "name",
  "resources/read": "uri",
  "tasks/get": "taskId",
  "tasks/update": "taskId",
  "tasks/cancel": "taskId",
};

/**
 * The headers of a message of the modern era: over HTTP they must repeat what the body says.
 * @param message of the client
 * @param revision that it claims
 * @returns the headers
 */
export function modernHeaders(
  message: ClientRequest | ClientNotification,
  revision: string,
): Record<string, string> {
  const headers: Record<string, string> = {
    "mcp-protocol-version": headerValue(revision),
    "mcp-method": headerValue(message.method),
  };
  if (message.kind === "request" && Object.hasOwn(nameSources, message.method)) {
    const name = message.params[nameSources[message.method]!];
    if (typeof name === "string") headers["mcp-name"] = headerValue(name);
  }
  return headers;
}

/** What is no plain ASCII goes as Base64 of its UTF-8 (the same page, "Value Encoding"). */
function headerValue(text: string): string {
  const isPlain = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/.test(text) &&
    !(text.startsWith("=?base64?") && text.endsWith("?="));
  return isPlain ? text : `=?base64?${new TextEncoder().encode(text).toBase64()}?=`;
}
