/** The messages of HTTP/1.1 (RFC 9112), as far as a client of our own core needs them. */

/** The connection ended too early, or what came is no HTTP. */
export class HttpError extends Error {
  override readonly name = "HttpError";
}

/** What stands before the body of a response. */
export interface ResponseHead {
  status: number;
  statusText: string;
  headers: Headers;
}

/** Bytes. The core's own are a few hundred; beyond it something is wrong at the other end. */
const longestHead = 64 * 1024;
const encoder = new TextEncoder();

/**
 * Writes a request (RFC 9112, section 3).
 * @param url of which path and query are asked for, and the host is named
 * @param init method, headers and body as for `fetch`
 * @returns the bytes, in pieces where the body is a stream
 */
export function encodeRequest(
  url: URL,
  init: RequestInit,
): Uint8Array[] | AsyncIterable<Uint8Array> {
  const headers = new Headers(init.headers);
  const body = bodyOf(init.body);
  headers.set("host", url.host);
  headers.delete("content-length");
  if (typeof init.body === "string" && !headers.has("content-type")) {
    headers.set("content-type", "text/plain;charset=UTF-8");
  }
  if (body instanceof ReadableStream) headers.set("transfer-encoding", "chunked");
  else if (body) headers.set("content-length", `${body.length}`);
  let head = `${(init.method ?? "GET").toUpperCase()} ${url.pathname}${url.search} HTTP/1.1\r\n`;
  // A Headers object lets no line end into a name or a value.
  for (const [name, value] of headers) head += `${name}: ${value}\r\n`;
  const start = latin1(`${head}\r\n`);
  if (body instanceof ReadableStream) return inChunks(start, body);
  return [body ? joined([start, body]) : start];
}

function bodyOf(body: RequestInit["body"]): Uint8Array | ReadableStream<Uint8Array> | null {
  if (body === null || body === undefined) return null;
  if (typeof body === "string") return encoder.encode(body);
  if (body instanceof Uint8Array) return body;
  return new Response(body).body;
}

/** The chunked transfer coding (RFC 9112, section 7.1). */
async function* inChunks(
  start: Uint8Array,
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield start;
  for await (const chunk of body) {
    if (chunk.length === 0) continue; // it would end the body
    yield joined([latin1(`${chunk.length.toString(16)}\r\n`), chunk, latin1("\r\n")]);
  }
  yield latin1("0\r\n\r\n");
}

/**
 * Finds the head of a response in what has come so far.
 * @param bytes from the beginning of the response
 * @returns the head, and at which byte the body begins; null if more has to come first
 * @throws {HttpError} if it is no head of HTTP/1.1, or longer than 64 KiB
 */
export function findHead(bytes: Uint8Array): { head: ResponseHead; end: number } | null {
  const end = endOfHead(bytes);
  if (end === -1) {
    if (bytes.length > longestHead) throw new HttpError("the head of the response has no end");
    return null;
  }
  const [first = "", ...lines] = new TextDecoder("latin1").decode(bytes.subarray(0, end - 4))
    .split("\r\n");
  const [, status, statusText = ""] = /^HTTP\/1\.1 ([1-5][0-9]{2})(?: (.*))?$/.exec(first) ?? [];
  if (status === undefined) throw new HttpError("the response is no HTTP/1.1");
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon < 1) throw new HttpError("a header of the response has no name");
    try {
      headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
    } catch (cause) {
      throw new HttpError("a header of the response is malformed", { cause });
    }
  }
  return { head: { status: Number(status), statusText, headers }, end };
}

function endOfHead(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(13); at !== -1; at = bytes.indexOf(13, at + 1)) {
    if (bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10) return at + 4;
  }
  return -1;
}

/**
 * Puts bytes together.
 * @param parts in this order
 * @returns a copy of them all
 */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Header values are bytes (fetch standard, "byte sequence"): one for each character. */
function latin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length); // from() takes thirty times as long
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}
