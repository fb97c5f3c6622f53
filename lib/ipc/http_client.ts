/**
 * HTTP/1.1 for the private channel, over connections that the caller opens. The fetch of Deno sends a request a second
 * time by itself when a connection breaks, and takes four times as long over a socket; this one sends it once.
 */
import { type BodyReader, readBody } from "./http_body.ts";
import { encodeRequest, findHead, HttpError, joined, type ResponseHead } from "./http_message.ts";

/** One end of a connection. */
export interface Connection {
  /** @returns how many bytes came; null at the end */
  read(into: Uint8Array): Promise<number | null>;
  /** @returns how many bytes went */
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

/** Sends requests. */
export interface HttpClient {
  /**
   * Sends a request, once. The response holds its connection until its body has been read or cancelled.
   * @throws what the connection throws, an {@linkcode HttpError}, or the signal's reason
   */
  fetch(url: URL, init: RequestInit): Promise<Response>;
  /** Closes every connection, those in use too; nothing is sent from then on. */
  close(): void;
}

/** Connections that are kept for the next request; more are closed after use. */
const mostIdle = 32;
const bufferBytes = 64 * 1024;

/**
 * Makes a client.
 * @param connect opens a connection
 * @returns the client; nothing is connected yet
 */
export function createHttpClient(connect: () => Promise<Connection>): HttpClient {
  const idle: Wire[] = [];
  const open = new Set<Wire>();
  let isClosed = false;

  function drop(wire: Wire): void {
    if (open.delete(wire)) wire.connection.close();
  }

  async function take(): Promise<Wire> {
    const kept = idle.pop();
    if (kept) return kept;
    if (isClosed) throw new HttpError("the client is closed");
    const connection = await connect();
    if (isClosed) {
      connection.close(); // it was on its way when the client was closed
      throw new HttpError("the client was closed");
    }
    const wire = { connection, buffer: new Uint8Array(bufferBytes) };
    open.add(wire);
    return wire;
  }

  function giveBack(wire: Wire): void {
    if (!open.has(wire)) return; // closed meanwhile
    if (idle.length < mostIdle) idle.push(wire);
    else drop(wire);
  }

  return {
    async fetch(url, init) {
      const signal = init.signal ?? null;
      signal?.throwIfAborted();
      const wire = await take();
      const abort = () => drop(wire);
      signal?.addEventListener("abort", abort, { once: true });
      const finish = (mayStay: boolean) => {
        signal?.removeEventListener("abort", abort);
        if (mayStay) giveBack(wire);
        else drop(wire);
      };
      const fail = (error: unknown): unknown => {
        finish(false);
        if (signal?.aborted) return signal.reason;
        // The others were opened to the same core: if one is dead, so are they.
        for (const other of idle.splice(0)) drop(other);
        return error;
      };
      try {
        signal?.throwIfAborted();
        await send(wire.connection, encodeRequest(url, init));
        const { head, rest } = await receiveHead(wire);
        const mayStay = head.headers.get("connection")?.toLowerCase() !== "close";
        const body = readBody(init.method?.toUpperCase() ?? "GET", head);
        return new Response(bodyOf(wire, body, rest, { mayStay, finish, fail }), head);
      } catch (error) {
        throw fail(error);
      }
    },
    close() {
      isClosed = true;
      idle.length = 0;
      for (const wire of [...open]) drop(wire);
    },
  };
}

/** A connection, and the memory into which it is read: to make that anew each time takes as long as to read. */
interface Wire {
  connection: Connection;
  buffer: Uint8Array<ArrayBuffer>;
}

async function send(
  connection: Connection,
  parts: ReturnType<typeof encodeRequest>,
): Promise<void> {
  for await (const part of parts) {
    for (let at = 0; at < part.length;) at += await connection.write(part.subarray(at));
  }
}

/** What came; null at the end of the connection. */
async function receive({ connection, buffer }: Wire): Promise<Uint8Array | null> {
  const count = await connection.read(buffer);
  return count === null ? null : buffer.slice(0, count);
}

async function receiveHead(
  wire: Wire,
): Promise<{ head: ResponseHead; rest: Uint8Array }> {
  let bytes: Uint8Array = new Uint8Array(0);
  for (;;) {
    const more = await receive(wire);
    if (more === null) throw new HttpError("the connection ended before the response");
    bytes = bytes.length === 0 ? more : joined([bytes, more]);
    let found = findHead(bytes);
    // RFC 9110, section 15.2: an interim response comes before the final one.
    while (found && found.head.status < 200) {
      bytes = bytes.subarray(found.end);
      found = findHead(bytes);
    }
    if (found) return { head: found.head, rest: bytes.subarray(found.end) };
  }
}

/** What becomes of the connection. */
interface Ends {
  /** Whether it can take another request after this one. */
  mayStay: boolean;
  /** Its use has ended. */
  finish(mayStay: boolean): void;
  /** It is of no more use. @returns what the caller is to be told */
  fail(error: unknown): unknown;
}

/** The body of a response: at once where it has come whole, else a stream that reads as it is read. */
function bodyOf(
  wire: Wire,
  body: BodyReader,
  rest: Uint8Array,
  { mayStay, finish, fail }: Ends,
): BodyInit | null {
  const first = rest.length === 0 ? [] : body.take(rest);
  if (body.isComplete) {
    finish(mayStay);
    return first.length === 0 ? null : joined(first);
  }
  return new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of first) controller.enqueue(piece);
    },
    async pull(controller) {
      try {
        for (let pieces: Uint8Array[] = []; pieces.length === 0 && !body.isComplete;) {
          const bytes = await receive(wire);
          if (bytes === null && !body.endsWithConnection) {
            throw new HttpError("the connection ended in the middle of the response");
          }
          if (bytes === null) {
            finish(false);
            return controller.close();
          }
          pieces = body.take(bytes);
          for (const piece of pieces) controller.enqueue(piece);
        }
        if (!body.isComplete) return;
        finish(mayStay);
        controller.close();
      } catch (error) {
        controller.error(fail(error));
      }
    },
    cancel() {
      finish(false);
    },
  });
}
