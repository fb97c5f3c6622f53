/** The last lines of one upstream's log, bounded in lines and in characters. */
import { plainLine } from "./plain_text.ts";

const maximumLines = 1_000;
const maximumCharacters = 256 * 1024;
const maximumLineLength = 2_000;
/** A server that sends nonsense is told of only so often in a span of time, so that it cannot push its own stderr out. */
const remarksPerSpan = 20;
const span = 60_000;

/** Who says a line: the server on its standard error, or we about it. */
export type LogSource = "stderr" | "mcpproxy";

/** Holds the lines; the oldest go first. */
export class LogRing {
  readonly #onLine: (line: string) => void;
  readonly #lines: string[] = [];
  #characters = 0;
  #remarks = 0;
  #spanBegan = 0;
  /** Takes secrets out of each line; set anew with each config. */
  redact: (text: string) => string = (text) => text;

  /** @param onLine told of each line that is added */
  constructor(onLine: (line: string) => void = () => {}) {
    this.#onLine = onLine;
  }

  /**
   * Appends a line with the time and its source.
   * @param text is stripped of control characters and secrets, and cut to 2,000 characters
   */
  add(source: LogSource, text: string): void {
    const plain = plainLine(text, maximumLineLength, this.redact);
    if (plain === "") return;
    const line = `${new Date().toISOString()} ${source}: ${plain}`;
    this.#lines.push(line);
    this.#characters += line.length;
    while (this.#lines.length > maximumLines || this.#characters > maximumCharacters) {
      this.#characters -= this.#lines.shift()!.length;
    }
    this.#onLine(line);
  }

  /** Appends a remark that a server could provoke without end; at most 20 a minute are kept. */
  remark(text: string): void {
    const now = Date.now();
    if (now - this.#spanBegan > span) {
      this.#spanBegan = now;
      this.#remarks = 0;
    }
    this.#remarks++;
    if (this.#remarks < remarksPerSpan) this.add("mcpproxy", text);
    else if (this.#remarks === remarksPerSpan) {
      this.add("mcpproxy", `${text} (further remarks of this minute are left out)`);
    }
  }

  /** The last lines, oldest first. */
  tail(limit: number): string[] {
    return limit >= 1 ? this.#lines.slice(-Math.floor(limit)) : [];
  }
}
