/**
 * The life of the core as the tray leads it: carries out what each state asks for, and turns what comes of it into events.
 * What belongs to a state ends with it, by its signal; what comes late from an earlier one is dropped.
 */
import { messageOf, UserError } from "../errors.ts";
import { logger } from "../log.ts";
import { type Clock, pause } from "./clock.ts";
import { CoreView } from "./core_view.ts";
import { BlockedError, type CoreConnection, type Cores, type Found } from "./cores.ts";
import type { Journal } from "./journal.ts";
import { Ownership } from "./ownership.ts";
import { initialState, type TrayEvent, type TrayState } from "./state.ts";
import { times } from "./times.ts";
import { next } from "./transitions.ts";

const log = logger("tray");

/** What a lifecycle works with. */
export interface LifecycleOptions {
  cores: Cores;
  journal: Pick<Journal, "add">;
  clock: Clock;
  /** Called when state, core, servers or problem are no longer what they were. */
  onChange(): void;
}

/** What went wrong, for a person. */
export interface Problem {
  message: string;
  /** What to do next, if that is known. */
  next: string | null;
}

/** What a person may ask for. */
export type Wish = "start" | "stop" | "restart" | "quit";

/** For the journal: on whose account a core is started or stopped after such an event. */
const causes: { readonly [Name in TrayEvent["name"]]?: string } = {
  begin: "start of the tray",
  core_exited: "end of the former core",
  connection_lost: "end of the connection",
  core_outdated: "core of an older version",
  settings_changed: "change of the settings",
};

/** Leads the life of one core. */
export class Lifecycle {
  readonly #options: LifecycleOptions;
  readonly #view = new CoreView();
  readonly #own: Ownership;
  readonly #ended = Promise.withResolvers<void>();
  #state: TrayState = initialState;
  #problem: Problem | null = null;
  /** Ends the work of the present state. */
  #work = new AbortController();
  /** Settles with the last look. */
  #looking: Promise<unknown> = Promise.resolve();
  #connectedAt = 0;
  #by = "";

  /** @param options what it works with */
  constructor(options: LifecycleOptions) {
    this.#options = options;
    this.#own = new Ownership({
      ...options,
      onExit: ({ code, problem }) =>
        this.#dispatch({ name: "core_exited", code }, {
          message: problem ?? endOf(code),
          next: null,
        }),
    });
  }

  /** Where it stands. */
  get state(): TrayState {
    return this.#state;
  }

  /** What went wrong; null if nothing did. */
  get problem(): Problem | null {
    return this.#problem;
  }

  /** What is known of the core. */
  get view(): Pick<CoreView, "connection" | "core" | "servers"> {
    return this.#view;
  }

  /** Resolves in the state `ended`, when nothing is under way any more. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Begins. */
  begin(): void {
    this.#dispatch({ name: "begin" });
  }

  /**
   * Does what somebody asks for, as far as it means anything now.
   * @param wish what
   * @param by who, for the journal
   */
  ask(wish: Wish, by: string): void {
    this.#dispatch({ name: wish }, wish === "quit" ? undefined : null, by);
  }

  /** `problem`: what to say from then on; undefined leaves what was said. */
  #dispatch(event: TrayEvent, problem?: Problem | null, by = causes[event.name]): void {
    const before = this.#state;
    const after = next(before, event);
    if (after === before) return;
    this.#state = after;
    if (problem !== undefined) this.#problem = problem;
    if (by !== undefined) this.#by = by;
    if (after.name !== before.name) {
      log.info("{before} -> {after} ({event})", {
        before: before.name,
        after: after.name,
        event: event.name,
      });
      this.#work.abort();
      this.#work = new AbortController();
      if (before.name === "connected") this.#view.disconnect();
      // Until it is known that the core is gone, it stays to be seen.
      if (after.name !== "connected" && after.name !== "reconnecting") this.#view.forget();
      this.#enter(after, this.#work.signal);
    }
    this.#options.onChange();
  }

  #enter(state: TrayState, signal: AbortSignal): void {
    switch (state.name) {
      case "attaching":
        return void this.#look(signal);
      case "launching":
        return void this.#launch(signal);
      case "waiting":
        this.#limit(times.slow, signal);
        return void this.#lookAgain(signal, times.firstLook, times.longestLook);
      case "connected":
        this.#connectedAt = this.#options.clock.now();
        this.#limit(times.stable, signal);
        return this.#follow(signal);
      case "reconnecting": {
        this.#limit(times.reconnect, signal);
        const lasted = this.#options.clock.now() - this.#connectedAt;
        // A core that takes connections only to drop them must not keep us busy.
        const first = lasted < times.briefConnection ? times.longestLook : 0;
        return void this.#lookAgain(signal, first, times.longestLook);
      }
      case "backing_off":
        this.#limit(times.backOff(state.attempt), signal);
        return this.#watch(signal);
      case "failed": {
        const { failure } = state;
        const problem = this.#problem?.message ?? null;
        this.#options.journal.add({ event: "failed", failure, problem });
        this.#watch(signal);
        // That it answers again, or is killed, shows nowhere on the disk.
        if (failure === "unresponsive") {
          void this.#lookAgain(signal, times.unresponsive, times.unresponsive);
        }
        return;
      }
      case "stopping":
      case "quitting":
        return void this.#own.stop(this.#by).then(() => {
          if (!signal.aborted) this.#dispatch({ name: "core_stopped" });
        });
      case "stopped":
        this.#problem = null;
        return this.#watch(signal);
      case "ended":
        return void this.#looking.then(() => this.#ended.resolve());
      case "starting":
        return;
    }
  }

  /** Lets the state time out, and again as long as that means anything. */
  #limit(ms: number, signal: AbortSignal): void {
    const timeout: TrayEvent = { name: "timeout" };
    if (signal.aborted || next(this.#state, timeout) === this.#state) return;
    const cancel = this.#options.clock.after(ms, () => {
      this.#dispatch(timeout);
      this.#limit(ms, signal);
    });
    signal.addEventListener("abort", cancel);
  }

  #watch(signal: AbortSignal): void {
    const watch = this.#options.cores.watch({
      onCore: () => void this.#look(signal),
      onSettings: () => this.#dispatch({ name: "settings_changed" }, null),
    });
    signal.addEventListener("abort", () => watch[Symbol.dispose]());
  }

  #follow(signal: AbortSignal): void {
    this.#view.follow(signal, {
      onChange: () => this.#options.onChange(),
      onConfig: (problem) => this.#tell(problem),
      onLost: () => this.#dispatch({ name: "connection_lost" }),
    });
  }

  async #launch(signal: AbortSignal): Promise<void> {
    try {
      await this.#own.launch(signal, this.#by);
      if (!signal.aborted) this.#dispatch({ name: "launched" });
    } catch (error) {
      if (signal.aborted) return;
      const failure = error instanceof BlockedError ? error.failure : "core_missing";
      this.#dispatch({ name: "blocked", failure }, problemOf(error));
    }
  }

  async #lookAgain(signal: AbortSignal, first: number, longest: number): Promise<void> {
    for (let ms = first; !signal.aborted; ms = Math.min(2 * ms || times.firstLook, longest)) {
      await pause(this.#options.clock, ms, signal);
      await this.#look(signal);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const finding = this.#options.cores.find(signal);
    this.#looking = Promise.all([this.#looking, finding]);
    const found = await finding;
    if (!signal.aborted) this.#take(found);
    if (found.name === "ready" && this.#view.connection !== found.connection) {
      found.connection.close();
    }
  }

  #take(found: Found): void {
    switch (found.name) {
      case "absent":
        // Of one that we have started, its process tells.
        return this.#own.adopted
          ? this.#own.ended({ code: found.crashed ? 1 : 0, problem: null })
          : this.#dispatch({ name: "core_absent", crashed: found.crashed });
      case "starting":
        if (found.problem && isOverdue(this.#state)) {
          this.#tell(`The core lives, but ${found.problem}`);
        }
        if (this.#own.child) return; // it is that one, or it will end and say so
        this.#own.take(found.owned);
        return this.#dispatch({ name: "core_starting", owned: found.owned !== null });
      case "blocked":
        return this.#dispatch(
          { name: "blocked", failure: found.failure },
          problemOf(found.error),
        );
      case "ready":
        return this.#attach(found.connection, found.outdated);
    }
  }

  #attach(connection: CoreConnection, outdated: boolean): void {
    const { core: { pid, version }, owned } = connection;
    const { child } = this.#own;
    if (child && child.pid !== pid) return; // another was faster; ours will end and say so
    if (!child) {
      this.#own.take(owned ? pid : null);
      if (outdated) return this.#dispatch({ name: "core_outdated" });
      if (this.#view.core?.pid !== pid) {
        this.#options.journal.add({ event: "core_attached", by: this.#by, pid, version, owned });
      }
    }
    this.#view.connect(connection);
    this.#dispatch({ name: "core_ready", owned: owned || child !== null }, null);
  }

  #tell(message: string | null): void {
    if ((this.#problem?.message ?? null) === message) return;
    this.#problem = message === null ? null : { message, next: null };
    this.#options.onChange();
  }
}

/** Whether a core should have been ready by now. */
function isOverdue(state: TrayState): boolean {
  return state.name === "failed" || (state.name === "waiting" && state.slow);
}

/** An end that the core itself did not explain; a code of 128 and more stands for a signal. */
function endOf(code: number): string {
  return code > 128
    ? `The core was ended by signal ${code - 128}`
    : `The core ended by itself (exit code ${code})`;
}

function problemOf(error: unknown): Problem {
  return {
    message: messageOf(error),
    next: error instanceof UserError ? error.next ?? null : null,
  };
}
