/** What the core last said on its standard error: the reason of its end is in there, among lines of its log. */
import { stripVTControlCharacters } from "node:util";

const mostLines = 60;
const longestProblem = 300;
/** Lines that are shown beside the one that tells most. */
const mostOthers = 2;
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
   * Why the core ended: the error that it showed, alone, since that says it all; else the line that tells most (what Deno says
   * of an uncaught error, else the last error of its log, else what came last that is neither of its log nor of a stack),
   * followed by the last of the others that may help. Without control characters, time and level.
   * @param redact takes secrets out
   * @returns one line or a few; null if it said nothing of the kind
   */
  problem(redact: (text: string) => string): string | null {
    const latestFirst = this.#lines.map(plain).toReversed();
    const last = (pick: (line: string) => string | null | undefined): string | undefined => {
      for (const line of latestFirst) {
        const picked = pick(line);
        if (picked) return picked;
      }
    };
    const shortened = (line: string) => redact(line).slice(0, longestProblem);
    const error = last((line) => shown.exec(line)?.[1]);
    if (error !== undefined) return shortened(error);
    const reason = last((line) => uncaught.exec(line)?.[1]) ??
      last((line) => logged(line, "ERR", "FTL")) ??
      last(unlogged);
    if (reason === undefined) return null;
    const useful = (line: string) =>
      uncaught.exec(line)?.[1] ?? logged(line, "WRN", "ERR", "FTL") ?? unlogged(line);
    const others = new Set(latestFirst.map(useful).filter((line) => line && line !== reason));
    return [reason, ...[...others].slice(0, mostOthers).toReversed() as string[]]
      .map(shortened).join("\n");
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

/** What a line of the log says, if it is of one of these levels. */
function logged(line: string, ...levels: string[]): string | null {
  const [, level = "", text = ""] = logLine.exec(line) ?? [];
  return levels.includes(level) ? text : null;
}

/** A line that is neither of the log nor of a stack. */
function unlogged(line: string): string | null {
  return logLine.test(line) || /^\s+at /.test(line) ? null : line;
}

function plain(line: string): string {
  return stripVTControlCharacters(line)
    .replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, " ")
    .trimEnd();
}
