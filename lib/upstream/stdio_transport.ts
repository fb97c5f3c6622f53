/**
 * The SDK's `Transport` over a child process. Unlike the SDK's own it starts exactly one process, bounds everything that it
 * keeps for a server that floods or does not read, and forgives output that is not JSON-RPC.
 */
import type { JSONRPCMessage, Transport } from "@modelcontextprotocol/client";
import { messageOf } from "../errors.ts";
import { isNestedBeyond, messageNesting } from "../json_nesting.ts";
import type { ChildProcess } from "./child_process.ts";
import type { LogRing } from "./log_ring.ts";
import { readLines } from "./read_lines.ts";
import { settlesWithin } from "../waiting.ts";

/** Bytes of one message; the largest results seen in practice, screenshots in base64, are a few megabytes. */
const messageLimit = 16 * 1024 * 1024;
/** Bytes that may wait for a server to read its input. A single message may be larger. */
const queueLimit = 16 * 1024 * 1024;
const stderrLineLimit = 8 * 1024;
/** Milliseconds to drain what a server wrote just before it ended. A process that it left behind may hold the pipe open. */
const drain = 250;

/** Talks to one child process, from its start to its end. */
export class StdioTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: <T extends JSONRPCMessage>(message: T) => void;

  /** Ids of requests whose answers nobody waits for any more. */
  readonly ignored = new Set<unknown>();

  readonly #child: ChildProcess;
  readonly #log: LogRing;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #stopped = new AbortController();
  #queued = 0;
  /** Requests sent less answers received. */
  #open = 0;
  #started = false;
  #closed: Promise<void> | undefined;
  /** Settles when nothing is read any more. */
  #reading: Promise<unknown> = Promise.resolve();
  #closeReason: string | null = null;
  /** Resolves when it is known why the connection broke. */
  readonly #broken = Promise.withResolvers<void>();
  #lastWords = "";

  /**
   * @param child a fresh process, of whose streams nothing has been read
   * @param log gets its standard error, and remarks on what else it writes
   */
  constructor(child: ChildProcess, log: LogRing) {
    this.#child = child;
    this.#log = log;
    this.#writer = child.stdin.getWriter();
  }

  /** Process id of the server. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Why the connection broke, with the last line of the server's standard error; null if it did not, or we closed it. */
  get closeReason(): string | null {
    return this.#closeReason;
  }

  /** Begins to read. May be called again, which does nothing: the SDK starts a transport that was probed before, too. */
  start(): Promise<void> {
    if (!this.#started) {
      this.#started = true;
      void this.#live();
    }
    return Promise.resolve();
  }

  /**
   * Sends a message.
   * @throws {Error} if the connection is closed, or too much is waiting because the server does not read its input
   */
  async send(message: JSONRPCMessage): Promise<void> {
    if (this.#closed !== undefined) {
      throw new Error(this.#closeReason ?? "the connection is closed");
    }
    const bytes = new TextEncoder().encode(`${JSON.stringify(message)}\n`);
    if (this.#queued > 0 && this.#queued + bytes.length > queueLimit) {
      throw new Error(
        `not sent: the server does not read its input (${this.#queued} bytes are waiting)`,
      );
    }
    if ("method" in message && "id" in message) this.#open++;
    this.#queued += bytes.length;
    try {
      await this.#writer.write(bytes);
    } catch (error) {
      // Most likely the process has ended, and how says more than "Broken pipe".
      await settlesWithin(this.#broken.promise, 2 * drain);
      throw new Error(this.#closeReason ?? messageOf(error));
    } finally {
      this.#queued -= bytes.length;
    }
  }

  /** Ends the process and all that it started; resolves when they are gone, within about 4 s. */
  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  async #close(): Promise<void> {
    this.onclose?.(); // first: whoever waits for an answer learns at once that none will come
    this.#writer.close().catch(() => {}); // may wait on a server that does not read; its end settles it
    await this.#child.end();
    this.#stopped.abort();
    if (!this.#started) {
      await Promise.all([this.#child.stdout.cancel(), this.#child.stderr.cancel()]);
    }
    await Promise.all([this.#writer.abort().catch(() => {}), this.#reading]);
  }

  /** Reads until the process ends or closes its output, then closes. */
  async #live(): Promise<void> {
    const { signal } = this.#stopped;
    const output = readLines(
      this.#child.stdout,
      { limit: messageLimit, longLine: "fail", batch: 32, signal },
      (line) => this.#receive(line),
    );
    const errors = readLines(
      this.#child.stderr,
      { limit: stderrLineLimit, longLine: "cut", batch: 256, signal },
      (line) => {
        if (line.trim() !== "") this.#lastWords = line;
        this.#log.add("stderr", line);
        return false;
      },
    );
    this.#reading = Promise.allSettled([output, errors]);
    const exited = this.#child.exited.then(async (status) => {
      await settlesWithin(this.#reading, drain);
      return status.signal === null
        ? `the process ended with exit code ${status.code}`
        : `the process was ended by ${status.signal}`;
    });
    const closedOutput = output.then(async () => {
      // Usually it is about to end, and how is worth more than that.
      if (await settlesWithin(this.#child.exited, drain)) return await exited;
      return "the process closed its standard output";
    });
    const reason = await Promise.race([exited, closedOutput]).catch(messageOf);
    if (this.#closed === undefined) {
      const words = this.#lastWords === ""
        ? ""
        : `; its last words: ${this.#lastWords.trim().slice(0, 300)}`;
      this.#closeReason = reason + words;
    }
    this.#broken.resolve();
    await this.close();
  }

  /** @returns whether it may be the answer to a request @throws if it is nested so deep that it would hold up everybody */
  #receive(line: string): boolean {
    if (this.#closed !== undefined) return false; // read on only so that the server does not hang on a full pipe
    if (isNestedBeyond(line, messageNesting)) {
      throw new Error(
        `the server wrote a message nested deeper than ${messageNesting} levels and was cut off`,
      );
    }
    const message = parseMessage(line);
    if (message === null) {
      if (line.trim() !== "") {
        this.#log.remark(`not JSON-RPC on its standard output: ${line.slice(0, 500)}`);
      }
      return false;
    }
    const isAnswer = !("method" in message);
    if (isAnswer && this.ignored.delete(message.id)) return true;
    try {
      this.onmessage?.(message);
    } catch (error) {
      this.onerror?.(error instanceof Error ? error : new Error(String(error)));
    }
    if (!isAnswer || this.#open === 0) return false;
    this.#open--;
    return true;
  }
}

/** Only the outer shape is looked at: the SDK checks the rest. */
function parseMessage(line: string): JSONRPCMessage | null {
  try {
    const value: unknown = JSON.parse(line);
    const isMessage = typeof value === "object" && value !== null &&
      (value as { jsonrpc?: unknown }).jsonrpc === "2.0";
    return isMessage ? value as JSONRPCMessage : null;
  } catch {
    return null;
  }
}
