/**
 * HTTP/1.1 over any two-way stream, by Node's own HTTP: what Deno.serve and fetch are to a socket. Requests and responses are
 * those of the web platform; bodies are streamed both ways, and neither side reads ahead of who takes it in.
 */
import {
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type ServerResponse,
} from "node:http";
import type { Duplex } from "node:stream";
import { logger } from "../log.ts";
import { messageOf } from "../errors.ts";
import { answerHandlerError } from "./supervised_server.ts";

/** Serves streams. */
export interface StreamServer {
  /** Takes a connection; each of its requests goes to the handler. */
  accept(stream: Duplex, handler: (request: Request) => Response | Promise<Response>): void;
  /** Ends what is idle at once, lets what is under way end for at most `graceMs` milliseconds, then cuts it off. */
  stop(graceMs: number): Promise<void>;
}

interface Connection {
  handler(request: Request): Response | Promise<Response>;
  /** Requests under way. */
  open: number;
}

const baseUrl = "http://localhost";

/** Makes a server without connections. */
export function createStreamServer(): StreamServer {
  const log = logger("ipc");
  const connections = new Map<Duplex, Connection>();
  let stopping = false;
  let emptied = () => {};

  // No limits of time: whoever is let in is this user, and event streams never end.
  const options = { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 };
  const server = createServer(options, (incoming, outgoing) => {
    const stream: Duplex = incoming.socket;
    const connection = connections.get(stream);
    if (!connection) return void stream.destroy();
    connection.open++;
    if (stopping) outgoing.setHeader("connection", "close");
    outgoing.once("close", () => {
      connection.open--;
      if (stopping && connection.open === 0) stream.end();
    });
    void answer(incoming, outgoing, connection.handler);
  });
  // It listens nowhere, and Deno 2.9 closes each connection of such a server after its first answer.
  Object.defineProperty(server, "listening", { value: true });

  return {
    accept(stream, handler) {
      if (stopping) return void stream.destroy();
      connections.set(stream, { handler, open: 0 });
      stream.on(
        "error",
        (error) => log.debug("a connection broke: {error}", { error: messageOf(error) }),
      );
      stream.once("close", () => {
        connections.delete(stream);
        if (connections.size === 0) emptied();
      });
      server.emit("connection", stream);
    },
    async stop(graceMs) {
      stopping = true;
      const isEmpty = new Promise<void>((resolve) => emptied = resolve);
      for (const [stream, { open }] of connections) if (open === 0) stream.destroy();
      if (connections.size === 0) return;
      const cutOff = setTimeout(
        () => connections.forEach((_, stream) => stream.destroy()),
        graceMs,
      );
      await isEmpty;
      clearTimeout(cutOff);
    },
  };
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  handler: Connection["handler"],
): Promise<void> {
  const gone = new AbortController();
  outgoing.once("close", () => {
    if (!outgoing.writableFinished) {
      gone.abort(new DOMException("the client has gone", "AbortError"));
    }
  });
  outgoing.on("error", () => {}); // told by "close" too
  let response: Response;
  try {
    response = await handler(toRequest(incoming, gone.signal));
  } catch (error) {
    response = answerHandlerError(error);
  }
  try {
    await send(response, outgoing, incoming.method === "HEAD", gone.signal);
  } catch (error) {
    // The client sees that the answer is not whole.
    logger("ipc").debug("an answer broke off: {error}", { error: messageOf(error) });
    outgoing.destroy();
  }
}

/** @throws {TypeError} for what fetch(1) of the web platform forbids, such as the method TRACE */
function toRequest(incoming: IncomingMessage, signal: AbortSignal): Request {
  const method = incoming.method ?? "GET";
  const path = (incoming.url ?? "/").replace(/^[a-z]+:\/\/[^/]*/i, ""); // RFC 9112, 3.2.2: the absolute form
  const hasBody = method !== "GET" && method !== "HEAD";
  return new Request(baseUrl + (path.startsWith("/") ? path : `/${path}`), {
    method,
    headers: toHeaders(incoming.rawHeaders),
    signal,
    ...hasBody ? { body: ReadableStream.from<Uint8Array<ArrayBuffer>>(incoming) } : {},
  });
}

function toHeaders(raw: string[]): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < raw.length; at += 2) headers.append(raw[at]!, raw[at + 1]!);
  return headers;
}

async function send(
  response: Response,
  outgoing: ServerResponse,
  isHead: boolean,
  gone: AbortSignal,
): Promise<void> {
  outgoing.writeHead(response.status, [...response.headers].flat());
  if (response.body === null || isHead) {
    outgoing.end();
    await response.body?.cancel();
    return;
  }
  const reader = response.body.getReader();
  const cancel = () => void reader.cancel(gone.reason).catch(() => {});
  if (gone.aborted) return cancel();
  gone.addEventListener("abort", cancel, { once: true });
  outgoing.flushHeaders(); // the first event of a stream may be long in coming
  for (;;) {
    const { value, done } = await reader.read();
    if (done || gone.aborted) break;
    if (!outgoing.write(value)) await drained(outgoing);
  }
  gone.removeEventListener("abort", cancel);
  outgoing.end();
}

/** Waits until more may be written, or nothing can be any more. */
function drained(outgoing: ServerResponse | ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      outgoing.off("drain", done);
      outgoing.off("close", done);
      resolve();
    };
    outgoing.on("drain", done);
    outgoing.on("close", done);
    if (outgoing.destroyed) done();
  });
}

/**
 * Sends one request over a connection of its own, which ends with the answer.
 * @param stream connected; ours from now on
 * @param path path and query
 * @param init as fetch takes it; a redirect is handed on like any other answer
 * @returns the answer, its body still to come
 * @throws the reason of the signal, or an Error if the connection breaks before the answer has begun
 */
export async function sendOverStream(
  stream: Duplex,
  path: string,
  init: RequestInit,
): Promise<Response> {
  const signal = init.signal ?? null;
  const { method, headers, body } = new Request(baseUrl + path, { ...init, signal: null });
  // What is in memory goes with its length; what is a stream, in chunks.
  const isStream = init.body instanceof ReadableStream;
  const bytes = isStream || body === null ? null : await new Response(body).bytes();
  if (bytes) headers.set("content-length", `${bytes.length}`);

  const answered = Promise.withResolvers<Response>();
  const request = httpRequest({
    ...{ host: "localhost", port: 80, path, method, headers: Object.fromEntries(headers) },
    createConnection: () => stream,
  });
  const abort = () => {
    answered.reject(signal?.reason);
    request.destroy(signal?.reason);
    stream.destroy();
  };
  signal?.addEventListener("abort", abort, { once: true });
  stream.once("close", () => signal?.removeEventListener("abort", abort));
  if (signal?.aborted) abort();
  request.on("error", (error) => answered.reject(error));
  request.on("close", () => answered.reject(new Error("it was closed before there was an answer")));
  request.once("response", (message) => {
    try {
      answered.resolve(toResponse(message, method, signal));
    } catch (error) {
      answered.reject(error);
      stream.destroy();
    }
  });
  if (body && isStream) pump(body, request, stream).catch(answered.reject);
  else request.end(bytes ?? undefined);
  return await answered.promise;
}

/** Sends a body as fast as it is taken. @throws what the body fails with; the request is cut off then */
async function pump(
  body: ReadableStream<Uint8Array>,
  request: ClientRequest,
  stream: Duplex,
): Promise<void> {
  try {
    for await (const chunk of body) {
      if (request.destroyed) return;
      if (!request.write(chunk)) await drained(request);
    }
    request.end();
  } catch (error) {
    stream.destroy();
    throw error;
  }
}

function toResponse(
  message: IncomingMessage,
  method: string,
  signal: AbortSignal | null,
): Response {
  const status = message.statusCode ?? 0;
  const init = {
    status,
    statusText: message.statusMessage ?? "",
    headers: toHeaders(message.rawHeaders),
  };
  if (method === "HEAD" || [204, 205, 304].includes(status)) {
    message.resume();
    return new Response(null, init);
  }
  return new Response(bodyOf(message, signal), init);
}

/** The body as it comes; whoever is tired of it ends the connection. */
function bodyOf(
  message: IncomingMessage,
  signal: AbortSignal | null,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  async function* chunks() {
    try {
      yield* message;
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  }
  return ReadableStream.from<Uint8Array<ArrayBuffer>>(chunks());
}
