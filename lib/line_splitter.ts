/** Cuts a stream of bytes into lines without ever holding more than a limit. */

/** What to do with a line over the limit: give out its beginning and skip the rest, or refuse to go on. */
export type LongLine = "cut" | "fail";

/** A line grew over the limit of a splitter that fails. */
export class LineTooLongError extends Error {
  override readonly name = "LineTooLongError";
}

const newline = 10;
const carriageReturn = 13;

/** Collects chunks and gives out whole lines; linear in the bytes it sees, however they are chopped. */
export class LineSplitter {
  readonly #limit: number;
  readonly #longLine: LongLine;
  readonly #decoder = new TextDecoder();
  #parts: Uint8Array[] = [];
  #size = 0;
  #skipping = false;

  /**
   * @param limit bytes a line may have
   * @param longLine what happens to a line that has more
   */
  constructor(limit: number, longLine: LongLine) {
    this.#limit = limit;
    this.#longLine = longLine;
  }

  /**
   * Takes the next bytes.
   * @param chunk may be kept: the caller must not write to it afterwards
   * @returns the lines that it completes, without their line ends
   * @throws {LineTooLongError} if a line passes the limit and the splitter was told to fail
   */
  push(chunk: Uint8Array): string[] {
    const lines: string[] = [];
    let from = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
      this.#keep(chunk.subarray(from, end), lines);
      if (!this.#skipping) lines.push(this.#take());
      this.#skipping = false;
      from = end + 1;
    }
    this.#keep(chunk.subarray(from), lines);
    return lines;
  }

  /** What came after the last line end, if anything; for the end of the stream. */
  rest(): string {
    return this.#take();
  }

  #keep(part: Uint8Array, lines: string[]): void {
    if (this.#skipping || part.length === 0) return;
    const room = this.#limit - this.#size;
    if (part.length <= room) {
      this.#parts.push(part);
      this.#size += part.length;
      return;
    }
    if (this.#longLine === "fail") {
      this.#take();
      throw new LineTooLongError(`a line of more than ${this.#limit} bytes`);
    }
    this.#parts.push(part.subarray(0, room));
    this.#size += room;
    lines.push(this.#take());
    this.#skipping = true;
  }

  #take(): string {
    const line = new Uint8Array(this.#size);
    let at = 0;
    for (const part of this.#parts) {
      line.set(part, at);
      at += part.length;
    }
    this.#parts = [];
    this.#size = 0;
    return this.#decoder.decode(line.at(-1) === carriageReturn ? line.subarray(0, -1) : line);
  }
}
