/** One configured server: runs its state machine, with the sessions and timers that the machine asks for. */
import type { CallToolResult, Tool } from "@modelcontextprotocol/client";
import { isDeepStrictEqual } from "node:util";
import type { ServerConfig } from "../config/schema.ts";
import { UserError } from "../errors.ts";
import { logger } from "../log.ts";
import { retryDelay } from "./backoff.ts";
import type { ChildProcesses } from "./child_process.ts";
import type { Agreement } from "./connection.ts";
import { ToolCallError, UpstreamNotReadyError } from "./errors.ts";
import { LogRing } from "./log_ring.ts";
import type { UpstreamOptions } from "./options.ts";
import { protocolOf, quarantineNotice, refusalOf } from "./refusal.ts";
import { Session } from "./session.ts";
import { transitions, type UpstreamAction, type UpstreamEvent } from "./state.ts";
import { isToolAllowed } from "./tools.ts";
import type { CallOptions, UpstreamChange, UpstreamState, UpstreamStatus } from "./types.ts";

/** Milliseconds that a server must have stayed ready until its failures before are forgotten. */
const steadyAfter = 60_000;

/** A server from its first appearance in the config until it is removed or the core ends. */
export class Upstream {
  readonly #options: UpstreamOptions;
  readonly #processes: ChildProcesses;
  readonly #emit: (kind: UpstreamChange["kind"]) => void;
  readonly #log: LogRing;
  #server: ServerConfig;
  /** What kept it from starting when the config was last looked at. */
  #refusal: string | null = null;
  #state: UpstreamState = "disabled";
  #since = new Date();
  #lastError: string | null = null;
  #failures = 0;
  #readySince: number | null = null;
  #retry: { timer: ReturnType<typeof setTimeout>; at: Date } | undefined;
  #session: Session | undefined;
  /** Settles when every session before the current one has ended. */
  #ended: Promise<void> = Promise.resolve();
  #agreement: Agreement = {};

  /**
   * @param server its config; nothing is started before {@linkcode configure}
   * @param emit is called after each change
   * @param onLogLine is called with each line of its log
   */
  constructor(
    server: ServerConfig,
    options: UpstreamOptions,
    processes: ChildProcesses,
    emit: (kind: UpstreamChange["kind"]) => void,
    onLogLine: (line: string) => void,
  ) {
    this.#server = server;
    this.#options = options;
    this.#processes = processes;
    this.#emit = emit;
    this.#log = new LogRing(onLogLine);
  }

  /** Takes over a config, new or not; one that says the same as before changes nothing. */
  configure(server: ServerConfig): void {
    const refusal = refusalOf(server, this.#options.settings());
    const isSame = isDeepStrictEqual([server, refusal], [this.#server, this.#refusal]);
    const isNew = this.#state === "disabled";
    this.#server = server;
    this.#refusal = refusal;
    if (isSame && !isNew) return;
    this.#agreement = {};
    this.#failures = 0;
    this.#lastError = quarantineNotice(server);
    if (!server.enabled || server.quarantined) this.#dispatch("disable");
    else this.#dispatch(isNew ? "enable" : "restart");
  }

  /** How it stands. */
  status(): UpstreamStatus {
    const connection = this.#state === "ready" ? this.#session?.connection : undefined;
    const info = connection?.client.getServerVersion();
    return {
      name: this.#server.name,
      protocol: connection?.protocol ?? protocolOf(this.#server),
      state: this.#state,
      since: this.#since.toISOString(),
      last_error: this.#lastError,
      retry_count: this.#failures,
      next_retry_at: this.#retry?.at.toISOString() ?? null,
      tool_count: this.tools().length,
      pid: connection?.pid ?? null,
      server_info: info ? { name: info.name, version: info.version } : null,
      era: connection?.era ?? null,
    };
  }

  /** Its tools, if it is ready. */
  tools(): readonly Tool[] {
    return this.#state === "ready" ? this.#session!.tools : [];
  }

  /** The last lines of its log. */
  logs(limit: number): string[] {
    return this.#log.tail(limit);
  }

  /** Calls a tool; see `Upstreams.callTool`. */
  async callTool(
    tool: string,
    args: Record<string, unknown>,
    options: CallOptions,
  ): Promise<CallToolResult> {
    const { name } = this.#server;
    if (this.#state !== "ready") throw this.#notReady();
    if (!isToolAllowed(this.#server, tool)) {
      throw new ToolCallError(`Tool "${tool}" of server "${name}" is switched off in the config.`, {
        next: `Change enabled_tools or disabled_tools of "${name}".`,
      });
    }
    return await this.#session!.callTool(tool, args, options);
  }

  /**
   * Connects anew, at once.
   * @throws {UserError} if the config does not want it to run
   */
  restart(): void {
    const { name, enabled } = this.#server;
    const notice = quarantineNotice(this.#server);
    if (notice !== null) throw new UserError(`Server "${name}" cannot be restarted. ${notice}`);
    if (!enabled) {
      throw new UserError(`Server "${name}" is disabled.`, {
        next: `Set "enabled": true for "${name}" in the config.`,
      });
    }
    this.#agreement = {};
    this.#failures = 0;
    this.#dispatch("restart");
  }

  /** Ends it for good; resolves when nothing of it runs, within about 4 s. */
  async stop(): Promise<void> {
    this.#dispatch("stop");
    await this.#ended;
  }

  #dispatch(event: UpstreamEvent): void {
    const { to, actions } = transitions[this.#state][event];
    const changed = to !== this.#state;
    if (changed) {
      this.#state = to;
      this.#since = new Date();
      this.#readySince = to === "ready" ? performance.now() : null;
    }
    for (const action of actions) this.#actions[action]();
    if (!changed) return;
    logger("upstream").info("{name} is {state}", { name: this.#server.name, state: to });
    this.#log.add("mcpproxy", to === "error" ? `error: ${this.#lastError}` : to);
    this.#emit("state");
  }

  readonly #actions: Record<UpstreamAction, () => void> = {
    connect: () => {
      const session: Session = new Session({
        server: this.#server,
        options: this.#options,
        processes: this.#processes,
        log: this.#log,
        agreement: this.#agreement,
        after: this.#ended,
      }, {
        onReady: () => this.#heard(session, () => this.#ready()),
        onTools: () => this.#heard(session, () => this.#emit("tools")),
        onEnd: (how, reason) => this.#heard(session, () => this.#failed(how, reason)),
      });
      this.#session = session;
    },
    disconnect: () => {
      const session = this.#session;
      this.#session = undefined;
      if (session !== undefined) {
        this.#ended = Promise.all([this.#ended, session.end()]).then(() => {});
      }
    },
    schedule_retry: () => {
      const delay = retryDelay(this.#failures, Math.random());
      const timer = setTimeout(() => this.#dispatch("retry"), delay);
      this.#retry = { timer, at: new Date(Date.now() + delay) };
    },
    cancel_retry: () => {
      clearTimeout(this.#retry?.timer);
      this.#retry = undefined;
    },
  };

  /** Acts on what a session tells, unless it is one of before. */
  #heard(session: Session, act: () => void): void {
    if (session === this.#session) act();
  }

  #ready(): void {
    this.#lastError = null;
    this.#dispatch("connected");
    if (this.tools().length > 0) this.#emit("tools");
  }

  #failed(how: "refused" | "failed" | "lost", reason: string): void {
    const wasSteady = this.#readySince !== null &&
      performance.now() - this.#readySince > steadyAfter;
    this.#failures = wasSteady ? 1 : this.#failures + 1;
    if (how === "failed") this.#agreement = {}; // what we relied on may be why
    this.#lastError = reason;
    this.#dispatch(how);
  }

  #notReady(): UpstreamNotReadyError {
    const { name } = this.#server;
    const reason = this.#lastError === null ? "" : ` ${this.#lastError}`;
    const retry = this.#retry && Math.ceil((this.#retry.at.getTime() - Date.now()) / 1000);
    const next = {
      disabled: `Enable "${name}" in the config.`,
      connecting: "Call again in a moment.",
      ready: "Call again.",
      error: retry === undefined
        ? "Mend what is wrong; it is tried again when its config changes or it is restarted."
        : `It is tried again in ${
          Math.max(1, retry)
        } s; see its log, or restart it to try at once.`,
      stopped: "Start mcpproxy again.",
    }[this.#state];
    return new UpstreamNotReadyError(
      `Server "${name}" is not ready (${this.#state}).${reason} ${next}`,
      this.#state,
    );
  }
}
