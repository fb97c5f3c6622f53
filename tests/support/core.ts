/**
 * A real core as a child process, started as `deno task serve` starts it. `await using` ends it, whatever happened, and
 * looks through everything it has printed for the API key.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Channel } from "../../lib/ipc/channel.ts";
import { openUnixChannel } from "../../lib/ipc/channel_unix.ts";
import { mcpproxy, Sandbox } from "./sandbox.ts";
import { until } from "./until.ts";

/** How to start a core. */
export interface CoreOptions {
  /** Where; a new one, which goes with the core, if not given. */
  sandbox?: Sandbox;
  /** Written to the sandbox's config file first. */
  config?: Record<string, unknown>;
  /** What follows `serve`; the sandbox's own arguments if not given. */
  args?: readonly string[];
  env?: Record<string, string>;
  /** A command that in the end executes the one which is put behind it, such as `setpriv --reuid 1001`. */
  through?: readonly string[];
  /** What runs mcpproxy, without the command; our own checkout if not given. */
  command?: readonly string[];
}

/** What a core says of itself in `runtime.json`. */
interface RuntimeFacts {
  pid: number;
  listen_addr: string;
  endpoint: string | null;
}

/**
 * Starts a core.
 * @returns it, once it is ready
 * @throws with all that it printed, if it ends instead
 */
export async function startCore(options: CoreOptions = {}): Promise<Core> {
  const own = options.sandbox ? undefined : await Sandbox.create();
  const core = new Core(options, options.sandbox ?? own!, own);
  try {
    await core.ready();
    return core;
  } catch (error) {
    await core[Symbol.asyncDispose]();
    throw error;
  }
}

/** A core process. */
export class Core implements AsyncDisposable {
  readonly sandbox: Sandbox;
  /** Where it keeps its things. */
  dataDir = "";
  /** Path of the private channel's socket; empty if it has none. */
  socket = "";
  /** `127.0.0.1:port` */
  tcp = "";
  apiKey = "";
  /** Null until it has ended; 128 and its number for a signal. */
  exitCode: number | null = null;
  /** Resolves with the exit code when it has ended. */
  readonly exited: Promise<number>;

  readonly #process: Deno.ChildProcess;
  readonly #own: Sandbox | undefined;
  readonly #givenKey: string | undefined;
  readonly #log: string;
  /** All that it has printed, once it has ended. */
  #printed: string | undefined;
  #channel: Channel | undefined;

  /** Starts the process; see {@linkcode startCore}. @param own goes with the core */
  constructor(options: CoreOptions, sandbox: Sandbox, own?: Sandbox) {
    this.sandbox = sandbox;
    this.#own = own;
    this.#givenKey = options.env?.MCPPROXY_API_KEY;
    if (options.config) sandbox.writeConfig(options.config);
    this.#log = join(sandbox.folder, `core-${crypto.randomUUID()}.log`);
    Deno.writeTextFileSync(this.#log, "");
    this.#process = new Deno.Command("/bin/sh", {
      // To a file, not to us: a pipe that is read is an operation which the sanitizers would see to cross tests.
      args: [
        ...["-c", 'exec >"$0" 2>&1; exec "$@"', this.#log],
        ...options.through ?? [],
        ...options.command ?? mcpproxy,
        "serve",
        ...options.args ?? sandbox.serveArguments,
      ],
      clearEnv: true,
      env: sandbox.environment(options.env),
      cwd: sandbox.folder,
      stdin: "null",
    }).spawn();
    this.exited = this.#run();
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Standard output and standard error, in the order in which they came. */
  output(): string {
    return this.#printed ?? Deno.readTextFileSync(this.#log);
  }

  /** Waits until it says that it is running. */
  async ready(): Promise<void> {
    const said = () => /^ {2}Config +(.+)$/m.exec(this.output())?.[1];
    await until(() => this.exitCode !== null || said(), "the core is ready").catch(() => {});
    const configFile = said();
    assert(configFile, `the core did not start (exit code ${this.exitCode}):\n${this.output()}`);
    const config = JSON.parse(await Deno.readTextFile(configFile));
    this.dataDir = config.data_dir?.replace(/^~/, this.sandbox.home) ?? join(configFile, "..");
    const runtime: RuntimeFacts = JSON.parse(
      await Deno.readTextFile(join(this.dataDir, "runtime.json")),
    );
    assert.equal(runtime.pid, this.pid);
    this.tcp = runtime.listen_addr;
    this.socket = runtime.endpoint?.replace("unix://", "") ?? "";
    this.apiKey = this.#givenKey ?? config.api_key;
  }

  /** `fetch` over the private channel, as our own clients do it: without a key. */
  async overSocket(path: string | URL, init?: RequestInit): Promise<Response> {
    this.#channel ??= openUnixChannel(this.socket, "e2e/1");
    return await this.#channel.fetch(path, init);
  }

  /** `fetch` over TCP with the key. */
  async overTcp(path: string | URL, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("x-api-key", this.apiKey);
    return await fetch(new URL(path, `http://${this.tcp}`), { ...init, headers });
  }

  /** The `data` of an API answer over the private channel. @throws if the answer is an error */
  // deno-lint-ignore no-explicit-any -- JSON of another process, of which each test looks at what it is about
  async api(path: string, method = "GET", body?: unknown): Promise<any> {
    const response = await this.overSocket(`/api/v1${path}`, {
      method,
      ...body === undefined ? {} : {
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      },
    });
    const answer = await response.json();
    assert(answer.success, `${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer.data;
  }

  /** Waits until a server is in a state. */
  async serverIs(name: string, status: string): Promise<void> {
    await until(async () => {
      const { servers } = await this.api("/servers");
      return servers.some((server: { name: string; status: string }) =>
        server.name === name && server.status === status
      );
    }, `${name} is ${status}`);
  }

  /** Asks it to end. @returns exit code, and how many milliseconds it took */
  async stop(signal: Deno.Signal = "SIGTERM"): Promise<{ code: number; milliseconds: number }> {
    const start = performance.now();
    this.kill(signal);
    return { code: await this.exited, milliseconds: performance.now() - start };
  }

  /** Ends it as a crash would. */
  async kill9(): Promise<void> {
    this.kill("SIGKILL");
    await this.exited;
  }

  /** Sends a signal, if it still runs. */
  kill(signal: Deno.Signal): void {
    if (this.exitCode === null) this.#process.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#channel?.close();
    const force = setTimeout(() => this.kill("SIGKILL"), 10_000);
    await this.stop();
    clearTimeout(force);
    await this.#own?.[Symbol.asyncDispose]();
    assert(!this.apiKey || !this.output().includes(this.apiKey), "the API key was printed");
  }

  async #run(): Promise<number> {
    const { code } = await this.#process.status;
    this.exitCode = code;
    this.#printed = this.output();
    return code;
  }
}
