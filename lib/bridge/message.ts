/** Messages of JSON-RPC 2.0 as a client writes them, one a line; and the answers that we give ourselves. */
import { isObject } from "../json_object.ts";

/** The id of a request. */
export type MessageId = string | number;

/** A request of the client. */
export interface ClientRequest {
  kind: "request";
  id: MessageId;
  method: string;
  params: Record<string, unknown>;
  /** As it came: it is handed on unchanged, so numbers and the order of keys stay what they are. */
  text: string;
}

/** What the client wants no answer to. */
export interface ClientNotification {
  kind: "notification";
  method: string;
  params: Record<string, unknown>;
  text: string;
}

/** The client's answer to a request of the server. */
export interface ClientResponse {
  kind: "response";
  text: string;
}

/** What the client sends. */
export type ClientMessage =
  | ClientRequest
  | ClientNotification
  | ClientResponse
  /** Nothing that could be handed on. */
  | { kind: "invalid"; code: number; message: string };

const parseError = -32700;
/** Code of the error about JSON that is no request. */
export const invalidRequest = -32600;
/** What went wrong on the way, between client and server (JSON-RPC 2.0, section 5.1, leaves it to the implementation). */
const serverError = -32000;

/**
 * Reads one line.
 * @param text the line, without its end
 * @returns its messages. A batch (MCP 2025-03-26) has several, which are handed on one by one: their answers come one by
 *   one too, as over HTTP
 */
export function readLine(text: string): ClientMessage[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [{ kind: "invalid", code: parseError, message: "Parse error: the line is not JSON" }];
  }
  if (!Array.isArray(value)) return [readMessage(value, text)];
  if (value.length === 0) return [invalid("an empty batch")];
  return value.map((message) => readMessage(message, JSON.stringify(message)));
}

function readMessage(value: unknown, text: string): ClientMessage {
  if (!isObject(value) || value.jsonrpc !== "2.0") return invalid('no "jsonrpc": "2.0"');
  const { id, method } = value;
  const isId = typeof id === "string" || typeof id === "number";
  if (typeof method !== "string") {
    if (isId && ("result" in value || "error" in value)) return { kind: "response", text };
    return invalid('neither "method" nor the answer to a request');
  }
  const params = isObject(value.params) ? value.params : {};
  if (!("id" in value)) return { kind: "notification", method, params, text };
  if (!isId) return invalid('"id" must be a string or a number');
  return { kind: "request", id, method, params, text };
}

function invalid(why: string): ClientMessage {
  return { kind: "invalid", code: invalidRequest, message: `Invalid Request: ${why}` };
}

/**
 * An error response.
 * @param id of the request; null if it is not known
 * @param message what went wrong
 * @param code of JSON-RPC; -32000, "server error", if not given
 * @returns the line, without its end
 */
export function errorLine(id: MessageId | null, message: string, code = serverError): string {
  return JSON.stringify({ jsonrpc: "2.0", id, error: { code, message } });
}

/**
 * The error response of a request that the core has refused by an HTTP status.
 * @param id of the request
 * @param status the HTTP status
 * @param body of the answer
 * @returns the line: with the JSON-RPC error of the body, if it holds one, since over HTTP it may lack the id
 */
export function refusalLine(id: MessageId, status: number, body: string): string {
  const value = parsed(body);
  if (isObject(value)) {
    const { error } = value;
    if (isObject(error)) return JSON.stringify({ jsonrpc: "2.0", id, error });
    if (typeof error === "string") return errorLine(id, error); // the API's own envelope
  }
  return errorLine(id, `mcpproxy answered with the HTTP status ${status}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
