/** Where the body of a response ends (RFC 9112, section 6.3), and what is in it. */
import { HttpError, type ResponseHead } from "./http_message.ts";

/** Takes a body out of the bytes of a connection. */
export interface BodyReader {
  /** True once the whole body has been taken. */
  readonly isComplete: boolean;
  /** True if only the end of the connection ends it. */
  readonly endsWithConnection: boolean;
  /**
   * Takes what came.
   * @returns the pieces of the body in it; they are parts of the same memory
   * @throws {HttpError} if it is not as it was announced, or goes on after its end
   */
  take(bytes: Uint8Array): Uint8Array[];
}

/**
 * Reads the body that a head announces.
 * @param method of the request
 * @param head of the response
 * @returns the reader; complete at once if there is no body
 * @throws {HttpError} if the length is no number
 */
export function readBody(method: string, { status, headers }: ResponseHead): BodyReader {
  if (method === "HEAD" || status === 204 || status === 304) return readLength(0);
  if (headers.get("transfer-encoding")?.toLowerCase() === "chunked") return readChunks();
  const length = headers.get("content-length");
  if (length === null) return untilTheEnd;
  if (!/^[0-9]{1,15}$/.test(length)) throw new HttpError("the length of the response is no number");
  return readLength(Number(length));
}

const untilTheEnd: BodyReader = {
  isComplete: false,
  endsWithConnection: true,
  take: (bytes) => [bytes],
};

function readLength(length: number): BodyReader {
  let missing = length;
  return {
    get isComplete() {
      return missing === 0;
    },
    endsWithConnection: false,
    take(bytes) {
      if (bytes.length > missing) throw tooMuch();
      missing -= bytes.length;
      return bytes.length > 0 ? [bytes] : [];
    },
  };
}

/** The size of a chunk, a line's end and an extension that nobody uses fit into it. */
const longestLine = 1024;

/** RFC 9112, section 7.1: size in hexadecimal, data, CR LF; the last has size 0, and trailers may follow. */
function readChunks(): BodyReader {
  let line = "";
  /** Bytes of data that are missing from the chunk; then the CR LF behind it. */
  let missing = 0;
  let expects: "size" | "data" | "end of data" | "trailer" | "nothing" = "size";

  function endLine(): void {
    const text = line.replace(/\r$/, "");
    line = "";
    if (expects === "size") {
      const size = /^([0-9a-fA-F]{1,8})[ \t]*(?:;.*)?$/.exec(text)?.[1];
      if (size === undefined) throw new HttpError("the response has a chunk without a size");
      missing = parseInt(size, 16);
      expects = missing === 0 ? "trailer" : "data";
    } else if (expects === "end of data") {
      if (text !== "") throw new HttpError("a chunk of the response is longer than announced");
      expects = "size";
    } else if (text === "") expects = "nothing"; // after the trailers
  }

  return {
    get isComplete() {
      return expects === "nothing";
    },
    endsWithConnection: false,
    take(bytes) {
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < bytes.length;) {
        if (expects === "nothing") throw tooMuch();
        if (expects === "data") {
          const piece = bytes.subarray(at, at + missing);
          pieces.push(piece);
          at += piece.length;
          missing -= piece.length;
          if (missing === 0) expects = "end of data";
          continue;
        }
        const newline = bytes.indexOf(10, at);
        const end = newline === -1 ? bytes.length : newline;
        line += String.fromCharCode(...bytes.subarray(at, Math.min(end, at + longestLine)));
        if (line.length > longestLine) throw new HttpError("a line between chunks has no end");
        at = end + 1;
        if (newline !== -1) endLine();
      }
      return pieces;
    },
  };
}

function tooMuch(): HttpError {
  return new HttpError("the response goes on after its end");
}
