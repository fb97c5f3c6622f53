/** Commands of mcpproxy against the core of a sandbox, and their answers held against their promised shapes. */
import assert from "node:assert/strict";
import { answers } from "../../../lib/cli/answers.ts";
import { type Finished, mcpproxy, type Sandbox } from "../../support/sandbox.ts";

/** Runs commands in one data directory. */
export class Cli {
  readonly #sandbox: Sandbox;
  readonly #env: Record<string, string>;

  /** @param sandbox whose data directory each command is given @param env more environment */
  constructor(sandbox: Sandbox, env: Record<string, string> = {}) {
    this.#sandbox = sandbox;
    this.#env = env;
  }

  /** Runs a command to its end; what it prints holds no stack, no escape of a terminal and no colour. */
  async run(...words: string[]): Promise<Finished> {
    const finished = await this.#sandbox.run(
      ["--data-dir", this.#sandbox.dataDir, ...words],
      this.#env,
    );
    const printed = finished.stdout + finished.stderr;
    assert.doesNotMatch(printed, /^ {4}at |Uncaught/m, words.join(" "));
    assert.doesNotMatch(
      printed,
      /[^\P{Cc}\n\t]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/u,
      words.join(" "),
    );
    return finished;
  }

  /** The standard output of a command that succeeds and complains of nothing. */
  async text(...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...words);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" }, words.join(" "));
    return stdout;
  }

  /** The one line on standard error of a command that fails with an exit code. */
  async fault(code: number, ...words: string[]): Promise<string> {
    const finished = await this.run(...words);
    assert.equal(finished.code, code, finished.stderr);
    assert.equal(finished.stdout, "", "nothing on standard output");
    assert.match(finished.stderr, /^mcpproxy: [^\n]+\n$/);
    return finished.stderr;
  }

  /**
   * The JSON of a command that ends with an exit code, held against the shape that is promised.
   * @param key of `answers`
   */
  // deno-lint-ignore no-explicit-any -- JSON of another process, of which each test looks at what it is about
  async json(key: string, words: string[], code = 0): Promise<any> {
    const finished = await this.run(...words, "-o", "json");
    assert.equal(finished.code, code, finished.stderr);
    return conforming(key, JSON.parse(finished.stdout));
  }
}

/** Holds an answer against its promised shape, in which every field must be promised too. */
// deno-lint-ignore no-explicit-any -- as above
export function conforming(key: string, value: unknown): any {
  const parsed = answers[key]!.schema.parse(value);
  assert.deepEqual(parsed, value, `${key}: fields that nobody promised`);
  return value;
}

/** A command that goes on until it is told to stop. */
export class RunningCommand implements AsyncDisposable {
  /** Lines so far. */
  readonly stdout: string[] = [];
  readonly stderr: string[] = [];
  readonly #process: Deno.ChildProcess;
  readonly #reading: Promise<unknown>;

  /** Starts it. */
  constructor(sandbox: Sandbox, ...words: string[]) {
    const [program, ...rest] = mcpproxy;
    this.#process = new Deno.Command(program!, {
      args: [...rest, "--data-dir", sandbox.dataDir, ...words],
      clearEnv: true,
      env: sandbox.environment(),
      cwd: sandbox.folder,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#reading = Promise.all([
      readLines(this.#process.stdout, this.stdout),
      readLines(this.#process.stderr, this.stderr),
    ]);
  }

  /** Its process id. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Sends a signal. */
  kill(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  /** Waits for the end. @returns the exit code */
  async ended(): Promise<number> {
    await this.#reading;
    return (await this.#process.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.ended();
  }
}

async function readLines(stream: ReadableStream<Uint8Array>, lines: string[]): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const pieces = (rest + text).split("\n");
    rest = pieces.pop()!;
    lines.push(...pieces);
  }
  if (rest !== "") lines.push(rest);
}
