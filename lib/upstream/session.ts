/** One try at a server and, if it succeeds, one connection to it until its end. Tried once, never used again. */
import type { CallToolResult, Tool } from "@modelcontextprotocol/client";
import { isDeepStrictEqual } from "node:util";
import type { ServerConfig } from "../config/schema.ts";
import { messageOf } from "../errors.ts";
import { callTool } from "./call.ts";
import type { ChildProcesses } from "./child_process.ts";
import { coalesce } from "./coalesce.ts";
import { type Agreement, connect, type Connection } from "./connection.ts";
import { failureText } from "./failure.ts";
import { lossShownBy, watchLiveness } from "./liveness.ts";
import type { LogRing } from "./log_ring.ts";
import type { UpstreamOptions } from "./options.ts";
import { plainLine } from "./plain_text.ts";
import { refusalOf } from "./refusal.ts";
import { loadSdk, type Sdk } from "./sdk.ts";
import { redactor, secretsOf } from "./secrets.ts";
import { isToolAllowed, listTools } from "./tools.ts";
import type { CallOptions } from "./types.ts";
import { pause, untilAborted } from "../waiting.ts";

/** Milliseconds between two lists of tools, for a server that says without end that they changed. */
const refreshGap = 2_000;
/** Before a subscription to changes that the server ended is asked for again. */
const subscribeGap = 30_000;
const maximumFailureLength = 1_000;

/** What a session works with. */
export interface SessionInput {
  server: ServerConfig;
  options: UpstreamOptions;
  processes: ChildProcesses;
  log: LogRing;
  agreement: Agreement;
  /** The session before has ended when this resolves: two processes of one server might disturb each other. */
  after: Promise<void>;
}

/** What a session tells. After `onEnd` nothing more comes. */
export interface SessionEvents {
  /** The connection stands and its tools are listed. */
  onReady(): void;
  /** The tools are others than before. */
  onTools(): void;
  /**
   * It is over, unless by {@linkcode Session.end}.
   * @param how `refused`: no use to try again; `failed`: it never got ready; `lost`: it was
   * @param reason for a person, without secrets
   */
  onEnd(how: "refused" | "failed" | "lost", reason: string): void;
}

/** Begins on construction. */
export class Session {
  readonly #input: SessionInput;
  readonly #events: SessionEvents;
  readonly #life = new AbortController();
  readonly #run: Promise<void>;
  #redact: (text: string) => string = (text) => text;
  #sdk: Sdk | undefined;
  #connection: Connection | undefined;
  #checkLiveness: () => void = () => {};
  #refreshTools: () => void = () => {
    this.#toolsChanged = true;
  };
  /** They did so before the first list was complete. */
  #toolsChanged = false;
  /** As the server gave them. */
  #offered: Tool[] = [];
  #tools: readonly Tool[] = [];
  #calls = 0;

  constructor(input: SessionInput, events: SessionEvents) {
    this.#input = input;
    this.#events = events;
    this.#run = this.#live();
  }

  /** The connection, once it stands. */
  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** The tools that the config lets through. */
  get tools(): readonly Tool[] {
    return this.#tools;
  }

  /** Calls a tool; see {@linkcode callTool}. The connection must stand. */
  async callTool(
    tool: string,
    args: Record<string, unknown>,
    options: CallOptions,
  ): Promise<CallToolResult> {
    const sdk = this.#sdk!;
    const connection = this.#connection!;
    this.#calls++;
    try {
      return await callTool({
        sdk,
        connection,
        server: this.#input.server.name,
        tool,
        definition: this.#offered.find(({ name }) => name === tool),
        args,
        timeout: this.#input.options.settings().callToolTimeout,
        options,
        onFailure: (error) => {
          const loss = lossShownBy(error, connection, sdk);
          if (loss !== null) this.#lose(loss);
          return this.#plain(failureText(error, sdk));
        },
      });
    } finally {
      this.#calls--;
    }
  }

  /** Ends the attempt or the connection; resolves when nothing of it is left, within about 4 s. Never rejects. */
  async end(): Promise<void> {
    this.#life.abort(new Error("the session was ended"));
    await this.#run;
  }

  async #live(): Promise<void> {
    await this.#input.after;
    const server = this.#prepare();
    if (server === null || this.#life.signal.aborted) return;
    try {
      const connection = await this.#connect(server);
      this.#life.signal.throwIfAborted();
      this.#watch(connection);
      this.#events.onReady();
      this.#lose(await untilAborted(connection.closed, this.#life.signal));
    } catch (error) {
      this.#report("failed", failureText(error, this.#sdk));
    }
    await this.#connection?.close();
  }

  /** The config with its references replaced; null if there is no use to try. */
  #prepare(): ServerConfig | null {
    const { server, options, log } = this.#input;
    const refusal = refusalOf(server, options.settings());
    if (refusal !== null) {
      this.#report("refused", refusal);
      return null;
    }
    try {
      const expanded = options.expand(server);
      this.#redact = log.redact = redactor(secretsOf(server, expanded));
      return expanded;
    } catch (error) {
      this.#report("refused", failureText(error));
      return null;
    }
  }

  /** Connects and lists the tools. @throws whatever keeps it from that */
  async #connect(server: ServerConfig): Promise<Connection> {
    const { options, processes, log, agreement } = this.#input;
    const timeout = server.init_timeout ?? options.settings().initTimeout;
    const attempt = new AbortController();
    const timer = setTimeout(
      () => attempt.abort(new Error(`not ready within ${timeout / 1000} s`)),
      timeout,
    );
    const signal = AbortSignal.any([attempt.signal, this.#life.signal]);
    try {
      const sdk = this.#sdk = await loadSdk();
      const connection = this.#connection = await connect(server, {
        ...{ sdk, processes, log, agreement, signal, timeout },
        ...{ version: options.version, childEnvironment: options.childEnvironment },
        onToolsChanged: () => this.#refreshTools(),
        onTrouble: (error) => {
          log.remark(error.message);
          if (this.#connection?.pid === null) this.#checkLiveness(); // a pipe tells by itself when it breaks
        },
      });
      const broken = connection.closed.then((reason) => Promise.reject(new Error(reason)));
      await Promise.race([this.#list(connection, signal, timeout), broken]);
      return connection;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Keeps an eye on a connection that stands, until the session ends. */
  #watch(connection: Connection): void {
    const { server, options } = this.#input;
    const { signal } = this.#life;
    const settings = options.settings();
    const refresh = coalesce(() => this.#refresh(connection), refreshGap, signal);
    this.#refreshTools = refresh;
    if (this.#toolsChanged) refresh();
    this.#checkLiveness = watchLiveness({
      sdk: this.#sdk!,
      connection,
      interval: server.health_check_interval ?? settings.healthCheckInterval,
      patience: () => options.settings().callToolTimeout,
      calls: () => this.#calls,
      onLost: (reason) => this.#lose(reason),
      signal,
    });
    const { tools } = connection.client.getServerCapabilities() ?? {};
    if (connection.era === "modern" && tools?.listChanged) {
      void this.#subscribe(connection, refresh);
    }
    const interval = server.tool_discovery_interval ?? settings.toolDiscoveryInterval;
    if (interval > 0) {
      const timer = setInterval(refresh, interval);
      signal.addEventListener("abort", () => clearInterval(timer), { once: true });
    }
  }

  /** In 2026-07-28 a server tells of changes only to those who asked for it. */
  async #subscribe(connection: Connection, refresh: () => void): Promise<void> {
    const { signal } = this.#life;
    while (!signal.aborted) {
      try {
        const subscription = await connection.client.listen({ toolsListChanged: true }, { signal });
        await subscription.closed;
        await pause(subscribeGap, signal);
        refresh(); // what changed meanwhile
      } catch (error) {
        if (signal.aborted) return;
        this.#input.log.remark(`it does not tell when its tools change: ${messageOf(error)}`);
        return;
      }
    }
  }

  async #refresh(connection: Connection): Promise<void> {
    const timeout = this.#input.options.settings().initTimeout;
    try {
      if (await this.#list(connection, this.#life.signal, timeout)) this.#events.onTools();
    } catch (error) {
      if (this.#life.signal.aborted) return;
      this.#input.log.remark(`its tools could not be listed: ${failureText(error, this.#sdk)}`);
    }
  }

  /** @returns whether the tools have changed */
  async #list(connection: Connection, signal: AbortSignal, timeout: number): Promise<boolean> {
    const { server, log } = this.#input;
    const remark = (text: string) => log.remark(text);
    this.#offered = await listTools(connection.client, remark, { signal, timeout });
    const tools = this.#offered.filter(({ name }) => isToolAllowed(server, name));
    if (isDeepStrictEqual(tools, this.#tools)) return false;
    this.#tools = tools;
    return true;
  }

  #lose(reason: string): void {
    this.#report("lost", reason);
  }

  /** Tells how it ended, once, and ends. */
  #report(how: "refused" | "failed" | "lost", reason: string): void {
    if (this.#life.signal.aborted) return;
    this.#life.abort(new Error(reason));
    this.#events.onEnd(how, this.#plain(reason));
  }

  #plain(text: string): string {
    return plainLine(text, maximumFailureLength, this.#redact);
  }
}
