/** One HTTP request to the core's MCP endpoint, and the messages that come back. */
import type { CoreTransport } from "../client/connect.ts";
import { readMessages } from "../client/event_stream.ts";
import { credentials } from "../client/request.ts";
import { messageOf, UserError } from "../errors.ts";
import { ChannelError } from "../ipc/channel.ts";
import { logger } from "../log.ts";
import { isObject } from "../json_object.ts";

/** What to send. */
export interface Exchange {
  method: "POST" | "GET" | "DELETE";
  /** Beside those of every request. */
  headers: Record<string, string>;
  body?: string;
  /** Ends it. */
  signal: AbortSignal;
  /** The core has taken the request. */
  onResponse?(headers: Headers): void;
  /** A message has come; the next one is read once this resolves. */
  onMessage(message: CoreMessage): Promise<void>;
}

/** A message of the core. */
export interface CoreMessage {
  /** On one line. */
  text: string;
  value: Record<string, unknown>;
}

/**
 * How an exchange went:
 * - `read`: what came back was read to its end;
 * - `refused`: the core answered with an error status;
 * - `undelivered`: nobody was there; the request was not carried out;
 * - `broken`: the connection broke; the request may have been carried out.
 */
export type Outcome =
  | { kind: "read" }
  | { kind: "refused"; status: number; text: string }
  | { kind: "undelivered" }
  | { kind: "broken"; why: string };

const log = logger("bridge");

/**
 * Makes one request.
 * @param transport to the core
 * @param path of the endpoint
 * @param exchange what to send, and who hears what comes back
 * @returns how it went
 * @throws {UserError} if the channel cannot be trusted
 * @throws the signal's reason once it is aborted
 */
export async function exchange(
  transport: CoreTransport,
  path: string,
  { method, headers, body, signal, onResponse, onMessage }: Exchange,
): Promise<Outcome> {
  try {
    const response = await transport.fetch(new URL(path, transport.baseUrl), {
      method,
      headers: {
        ...credentials(transport),
        ...body === undefined ? {} : { "content-type": "application/json" },
        accept: method === "GET" ? "text/event-stream" : "application/json, text/event-stream",
        ...headers,
      },
      ...body === undefined ? {} : { body },
      signal,
    });
    if (!response.ok) {
      return { kind: "refused", status: response.status, text: await response.text() };
    }
    onResponse?.(response.headers);
    await readBody(response, signal, onMessage);
    return { kind: "read" };
  } catch (error) {
    signal.throwIfAborted();
    return interruption(error);
  }
}

async function readBody(
  response: Response,
  signal: AbortSignal,
  onMessage: Exchange["onMessage"],
): Promise<void> {
  const { body } = response;
  const type = response.headers.get("content-type") ?? "";
  if (body === null) return;
  if (type.startsWith("text/event-stream")) {
    for await (const { data } of readMessages(body, signal, () => {})) {
      await take(data, onMessage);
    }
  } else {
    const text = await response.text();
    if (type.startsWith("application/json")) await take(text, onMessage);
  }
}

async function take(text: string, onMessage: Exchange["onMessage"]): Promise<void> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    log.warn("the core sent what is not JSON; it is left out");
    return;
  }
  if (Array.isArray(value)) {
    for (const message of value) await take(JSON.stringify(message), onMessage);
  } else if (isObject(value)) {
    // Between the tokens of JSON a line break means nothing, and within one there can be none.
    await onMessage({ text: text.replace(/[\r\n]+/g, " "), value });
  }
}

function interruption(error: unknown): Outcome {
  if (error instanceof ChannelError) {
    if (error.fault === "lost") return { kind: "broken", why: error.message };
    if (error.fault === "denied" || error.fault === "untrusted") throw error;
    return { kind: "undelivered" };
  }
  if (error instanceof UserError) throw error;
  const words = messageOf(error instanceof Error && error.cause ? error.cause : error);
  // ECONNREFUSED of Linux, macOS and Windows (WSAECONNREFUSED): over TCP fetch tells it in words only.
  return /\(os error (?:111|61|10061)\)/.test(words)
    ? { kind: "undelivered" }
    : { kind: "broken", why: words };
}
