/** What the controller wants of the world in which cores live. local_cores.ts is the real one; tests of logic bring theirs. */
import type { ApiClient } from "../client/api.ts";
import type { Paths } from "../config/paths.ts";
import { UserError, type UserErrorOptions } from "../errors.ts";
import type { CoreProgram } from "../launch/core_program.ts";
import type { CoreExit } from "../launch/spawn_core.ts";
import type { CoreSummary, ServerSummary } from "./model.ts";
import type { Failure } from "./state.ts";

/** What is learned from a core while we are connected to it. */
export interface ConnectionListener {
  onServers(servers: ServerSummary[]): void;
  onListenAddress(address: string): void;
  /** The core read its config file again. @param problem what is wrong with it; null if nothing is */
  onConfig(problem: string | null): void;
  /** The connection broke; nothing more comes. */
  onLost(problem: string): void;
}

/** A connection to a core that is ready: one transport for calls and events. */
export interface CoreConnection {
  /** The core as it is now. */
  readonly core: CoreSummary;
  /** A tray has started it: this one, or one before. */
  readonly owned: boolean;
  /** Its servers as they were when the connection was made. */
  readonly servers: ServerSummary[];
  readonly api: Pick<ApiClient, "enableServer" | "disableServer" | "restartServer" | "serverLogs">;
  /** Tells what happens from now on; nothing is missed since the connection was made. To be called once. */
  follow(listener: ConnectionListener): void;
  close(): void;
}

/** What a look for a core has found. */
export type Found =
  /** None. `crashed`: the last one did not end in order. */
  | { name: "absent"; crashed: boolean }
  /** It lives, but does not answer, or not yet. `owned`: its process id, if it says that a tray has started it. */
  | { name: "starting"; owned: number | null; problem: string | null }
  /** `outdated`: a tray has started it, and it is of an earlier version than this tray. */
  | { name: "ready"; connection: CoreConnection; outdated: boolean }
  | { name: "blocked"; failure: Failure; error: UserError };

/** A core that is ours to stop. */
export interface OwnedCore {
  readonly pid: number;
  /** Resolves when its process has ended; null for one that a former tray has started, which only the lock tells of. */
  readonly exited: Promise<CoreExit> | null;
  /** Asks it to end, and forces it if it does not. Resolves when it is gone, within about 8 s; never rejects. */
  stop(): Promise<void>;
}

/** A core cannot be started as things are. */
export class BlockedError extends UserError {
  override readonly name = "BlockedError";
  readonly failure: Failure;

  /** @param failure which it is @param message what is wrong @param options what to do next, and the error underneath */
  constructor(failure: Failure, message: string, options: UserErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}

/** Who wants to hear of changes on the disk. */
export interface DiskListener {
  /** A core came or went, maybe. */
  onCore(): void;
  /** The config file, or owner or mode of the data directory, is no longer what it was. */
  onSettings(): void;
}

/** The cores of one data directory. */
export interface Cores {
  /** Where everything lies, as far as it is known by now. */
  paths(): Paths;
  /** Looks once whether there is a core and whether it can be used; takes at most about 10 s. Never rejects. */
  find(signal: AbortSignal): Promise<Found>;
  /** Finds the program of which all of them are made. @throws {UserError} if there is none, or none to be trusted */
  program(): Promise<CoreProgram>;
  /**
   * Starts one.
   * @param signal gives up, unless it is started already
   * @throws {BlockedError} if that is not possible
   */
  launch(signal: AbortSignal): Promise<OwnedCore>;
  /** Takes over a core that a former tray has started. */
  adopt(pid: number): OwnedCore;
  /** Watches the disk until it is disposed of. */
  watch(listener: DiskListener): Disposable;
}
