/** The one core that is ours to stop, if there is one: started by us, or taken over from a former tray. */
import type { CoreExit } from "../launch/spawn_core.ts";
import type { Cores, OwnedCore } from "./cores.ts";
import type { Clock } from "./clock.ts";
import type { Journal } from "./journal.ts";

/** What ownership works with. */
export interface OwnershipOptions {
  cores: Pick<Cores, "launch" | "adopt">;
  journal: Pick<Journal, "add">;
  clock: Clock;
  /** Our core has ended though we did not ask it to. */
  onExit(exit: CoreExit): void;
}

/** Holds the core; there is never more than one. */
export class Ownership {
  readonly #options: OwnershipOptions;
  #core: OwnedCore | null = null;
  #launching: Promise<unknown> = Promise.resolve();
  #stopping: Promise<void> | null = null;

  /** @param options what it works with */
  constructor(options: OwnershipOptions) {
    this.#options = options;
  }

  /** Our core, if we have started it ourselves: then its end is told by its process. */
  get child(): OwnedCore | null {
    return this.#core?.exited ? this.#core : null;
  }

  /** Our core, if a former tray has started it: then its end shows by the lock. */
  get adopted(): OwnedCore | null {
    return this.#core?.exited ? null : this.#core;
  }

  /**
   * Starts a core.
   * @param signal gives up; one that is started all the same stays ours
   * @param by on whose account
   * @throws {BlockedError} if that is not possible
   */
  async launch(signal: AbortSignal, by: string): Promise<void> {
    const launch = this.#options.cores.launch(signal).then((core) => {
      this.#core = core;
      this.#options.journal.add({ event: "core_started", by, pid: core.pid });
      void core.exited?.then((exit) => {
        // One that is being stopped ends because we want it so.
        if (this.#core === core && this.#stopping === null) this.ended(exit);
      });
    });
    this.#launching = launch.catch(() => {});
    await launch;
  }

  /**
   * Takes note of a core that runs, where we have started none ourselves.
   * @param pid the core's, if a former tray has started it; null if it is somebody else's
   */
  take(pid: number | null): void {
    if (this.#core?.pid === (pid ?? undefined)) return;
    this.#core = pid === null ? null : this.#options.cores.adopt(pid);
  }

  /** Says that our core has ended by itself. */
  ended(exit: CoreExit): void {
    const { pid, exited } = this.#core!;
    const code = exited ? exit.code : null; // of one that was taken over, only whether it crashed can be known
    this.#core = null;
    this.#options.journal.add({ event: "core_exited", pid, code, problem: exit.problem });
    this.#options.onExit(exit);
  }

  /**
   * Stops our core, if there is one or one is about to be. More than one call at a time is one.
   * @param by on whose account
   * @returns when it is gone; never rejects
   */
  stop(by: string): Promise<void> {
    return this.#stopping ??= this.#stop(by).finally(() => this.#stopping = null);
  }

  async #stop(by: string): Promise<void> {
    await this.#launching;
    const core = this.#core;
    if (core === null) return;
    const since = this.#options.clock.now();
    await core.stop();
    this.#core = null;
    const took_ms = this.#options.clock.now() - since;
    this.#options.journal.add({ event: "core_stopped", by, pid: core.pid, took_ms });
  }
}
