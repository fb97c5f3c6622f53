/** A child process that is talked to line by line, and is gone when its scope ends. */
import { fileURLToPath } from "node:url";
import { until } from "./until.ts";

/** How to start a child. */
export interface ChildOptions {
  args?: readonly string[];
  cwd?: string;
  env?: Record<string, string>;
  /** True if the child gets `env` and nothing else. */
  clearEnv?: boolean;
}

/** A child process. */
export class Child implements AsyncDisposable {
  /** Every line of its standard output so far. */
  readonly lines: string[] = [];
  readonly status: Promise<Deno.CommandStatus>;
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #reading: Promise<void>;
  #exited = false;
  #wasRead = false;

  /** Starts it; its standard error is ours. @param command the program @param options how */
  constructor(command: string, options: ChildOptions = {}) {
    this.#process = new Deno.Command(command, {
      ...options,
      args: [...options.args ?? []],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#input = this.#process.stdin.getWriter();
    this.status = this.#process.status.finally(() => this.#exited = true);
    this.#reading = this.#read();
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Waits for a line. @param pattern what it holds @param from how many of the lines to pass over @returns the line */
  async line(pattern: RegExp | string, from = 0): Promise<string> {
    const holds = (line: string) =>
      typeof pattern === "string" ? line.includes(pattern) : pattern.test(line);
    const find = () => this.lines.slice(from).find(holds);
    const found = await until(
      () => find() ?? (this.#wasRead && "ended"),
      `${pattern} from process ${this.pid}`,
    );
    const line = find();
    if (line === undefined) throw new Error(`process ${this.pid} ${found} without ${pattern}`);
    return line;
  }

  /** Writes a line to its standard input. */
  async tell(line: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(`${line}\n`));
  }

  /** Sends a signal, if it still runs. */
  kill(signal: Deno.Signal): void {
    if (!this.#exited) this.#process.kill(signal);
  }

  /** Closes its standard input and waits until it has ended. */
  async end(): Promise<Deno.CommandStatus> {
    await this.#input.close().catch(() => {}); // it may have closed it first
    const status = await this.status;
    await this.#reading;
    return status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGKILL");
    await this.end();
  }

  async #read(): Promise<void> {
    let rest = "";
    for await (const text of this.#process.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      this.lines.push(...lines);
    }
    if (rest) this.lines.push(rest);
    this.#wasRead = true;
  }
}

/**
 * Starts a module of ours as a process of its own.
 * @param module its URL
 * @param args its arguments
 * @param through a command that in the end executes the one put behind it, such as `setpriv --regid 1001`
 */
export function startModule(
  module: URL,
  args: readonly string[],
  through: readonly string[] = [],
): Child {
  const [command, ...rest] = [
    ...through,
    ...[Deno.execPath(), "run", "-q", "-A", fileURLToPath(module)],
    ...args,
  ];
  return new Child(command!, { args: rest });
}
