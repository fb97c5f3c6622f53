/** What the core last said on its standard error: the reason of its end is in there, among lines of its log. */
import { stripVTControlCharacters } from "node:util";

const mostLines = 60;
const longestProblem = 300;
/** Kept of a line: so much more than is shown that no half of a secret, which is known by its whole, ends up at the cut. */
const longestLine = 4_000;

/** A log line of ours: time, level, category (see log_setup.ts). */
const logLine = /^\d{4}-\d\d-\d\dT[\d:.]+Z \[([A-Z]+)\] [\w.]+: (.*)$/;
/** An error as `mcpproxy` shows it to a person. */
const shown = /^mcpproxy: (.+)$/;
/** What Deno prints about an error that nobody caught. */
const uncaught = /^error: (?:Uncaught (?:\(in promise\) )?)?(.+)$/;

/** Keeps the last lines of a stream. */
export class CoreOutput {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #lines: string[] = [];
  /** Resolves when the stream has ended. */
  readonly ended: Promise<void>;

  /** @param stream the core's standard error; it is read from now on, since a core must not wait for us */
  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
    this.ended = this.#read();
  }

  /** Reads no further. */
  async close(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
    await this.ended;
  }

  /**
   * The line that tells why the core ended: the error it showed, else what Deno says of an uncaught one, else the last error
   * of its log, else what came last that is neither of its log nor of a stack. Without control characters, time and level.
   * @param redact takes secrets out
   * @returns null if it said nothing of the kind
   */
  problem(redact: (text: string) => string): string | null {
    const latestFirst = this.#lines.map(plain).toReversed();
    const last = (pick: (line: string) => string | null | undefined): string | undefined => {
      for (const line of latestFirst) {
        const picked = pick(line);
        if (picked) return picked;
      }
    };
    const found = last((line) => shown.exec(line)?.[1]) ??
      last((line) => uncaught.exec(line)?.[1]) ??
      last((line) => {
        const [, level = "", text] = logLine.exec(line) ?? [];
        return ["ERR", "FTL"].includes(level) ? text : null;
      }) ??
      last((line) => logLine.test(line) || /^\s+at /.test(line) ? null : line);
    return found === undefined ? null : redact(found).slice(0, longestProblem);
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    try {
      for (let next = await this.#reader.read(); !next.done; next = await this.#reader.read()) {
        const lines = (rest + decoder.decode(next.value, { stream: true })).split("\n");
        rest = lines.pop()!.slice(0, longestLine);
        this.#keep(lines);
      }
    } catch {
      // It broke; what was read is what there is.
    }
    this.#keep([rest]);
  }

  #keep(lines: string[]): void {
    const last = lines.slice(-mostLines).map((line) => line.slice(0, longestLine));
    this.#lines = [...this.#lines, ...last].slice(-mostLines);
  }
}

function plain(line: string): string {
  return stripVTControlCharacters(line)
    .replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, " ")
    .trimEnd();
}
