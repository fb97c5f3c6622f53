/**
 * HTTP/1.1 over one connection, with as little as a load generator needs: answers that carry a Content-Length, one at a
 * time, and streams. It must cost less than what it measures; `fetch` costs several times as much.
 */

/** Where a server listens. */
export type Address =
  | { transport: "unix"; path: string }
  | { transport: "tcp"; hostname: string; port: number };

/** An answer; its parts lie in the connection's buffer and are valid until the next request. */
export interface Answer {
  status: number;
  head: Uint8Array;
  body: Uint8Array;
}

/** A connection that carries one request at a time. */
export interface HttpConnection extends Disposable {
  /** Sends what {@linkcode encodeRequest} has made, and reads the whole answer. */
  exchange(request: Uint8Array): Promise<Answer>;
  /** Sends a request whose answer never ends. @returns what comes after its head, piece by piece */
  stream(request: Uint8Array): AsyncGenerator<Uint8Array>;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * The bytes of a request.
 * @param line method and target, such as `GET /readyz`
 * @param headers beside Host and those of the body
 * @param body what becomes JSON
 */
export function encodeRequest(
  line: string,
  headers: Record<string, string> = {},
  body?: unknown,
): Uint8Array<ArrayBuffer> {
  const text = body === undefined ? "" : JSON.stringify(body);
  const ofBody = text === "" ? {} : {
    "content-type": "application/json",
    "content-length": `${encoder.encode(text).length}`,
  };
  const lines = Object.entries({ host: "localhost", ...headers, ...ofBody })
    .map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return encoder.encode(`${line} HTTP/1.1\r\n${lines}\r\n${text}`);
}

/** An answer's body, or its head, as text. */
export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Connects. */
export async function connectTo(address: Address): Promise<HttpConnection> {
  const connection = address.transport === "unix"
    ? await Deno.connect(address)
    : await Deno.connect(address);
  if ("setNoDelay" in connection) connection.setNoDelay();
  let buffer = new Uint8Array(16 * 1024);
  let used = 0;

  async function readMore(): Promise<void> {
    if (used === buffer.length) {
      const larger = new Uint8Array(buffer.length * 2);
      larger.set(buffer);
      buffer = larger;
    }
    const count = await connection.read(buffer.subarray(used));
    if (count === null) throw new Error("the server closed the connection");
    used += count;
  }

  async function send(bytes: Uint8Array): Promise<void> {
    used = 0;
    for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
  }

  async function readHead(): Promise<Head> {
    for (;;) {
      await readMore();
      const head = parseHead(buffer, used);
      if (head !== null) return head;
    }
  }

  return {
    async exchange(request) {
      await send(request);
      const { status, size, contentLength } = await readHead();
      if (contentLength === null) throw new Error("an answer without Content-Length");
      const end = size + contentLength;
      while (used < end) await readMore();
      if (used > end) throw new Error("the server sent more than it was asked for");
      return { status, head: buffer.subarray(0, size), body: buffer.subarray(size, end) };
    },
    async *stream(request) {
      await send(request);
      const { status, size } = await readHead();
      if (status !== 200) throw new Error(`the stream was refused with status ${status}`);
      if (used > size) yield buffer.subarray(size, used);
      for (;;) {
        used = 0;
        await readMore();
        yield buffer.subarray(0, used);
      }
    },
    [Symbol.dispose]: () => connection.close(),
  };
}

interface Head {
  status: number;
  /** In bytes, with the empty line. */
  size: number;
  contentLength: number | null;
}

const carriageReturn = 13;
const colon = 58;
const contentLengthName = encoder.encode("content-length");

/** Reads the head of an answer, or returns null if it is not all there; RFC 9112, sections 4 and 5. */
function parseHead(bytes: Uint8Array, used: number): Head | null {
  let contentLength: number | null = null;
  let at = bytes.indexOf(carriageReturn);
  while (at >= 0 && at + 3 < used) {
    const line = at + 2;
    if (bytes[line] === carriageReturn) {
      return { status: decimal(bytes, "HTTP/1.1 ".length), size: line + 2, contentLength };
    }
    if (isContentLength(bytes, line)) {
      contentLength = decimal(bytes, line + contentLengthName.length + ": ".length);
    }
    at = bytes.indexOf(carriageReturn, line);
  }
  return null;
}

function isContentLength(bytes: Uint8Array, line: number): boolean {
  if (bytes[line + contentLengthName.length] !== colon) return false;
  // Names are in any case; 0x20 is what tells small letters from capital ones, and the hyphen has it.
  return contentLengthName.every((letter, index) => (bytes[line + index]! | 0x20) === letter);
}

function decimal(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let digit = bytes[at]! - 48; digit >= 0 && digit <= 9; digit = bytes[++at]! - 48) {
    value = value * 10 + digit;
  }
  return value;
}
