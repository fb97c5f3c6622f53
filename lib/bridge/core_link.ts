/** The way to the core over all its lives: found, started where none runs, and found again after it was lost. */
import type { CoreTransport } from "../client/connect.ts";
import { NoCoreError } from "../client/connect.ts";
import { ExitCode, messageOf, UserError } from "../errors.ts";
import { ChannelError } from "../ipc/channel.ts";
import type { CoreExit, SpawnedCore } from "../launch/spawn_core.ts";
import { logger } from "../log.ts";
import { pause } from "../waiting.ts";

/** What is asked of the machine. local_core.ts answers for real. */
export interface CoreAccess {
  /**
   * Connects to a core that answers.
   * @throws {UserError} if there is none, or it may not be used
   */
  connect(): Promise<CoreTransport>;
  /** Whether a process holds the data directory, be it ready or not. */
  isHeld(): Promise<boolean>;
  /** Starts one; null where that is not allowed. */
  start: (() => Promise<SpawnedCore>) | null;
}

/** Milliseconds to wait. */
export interface LinkPatience {
  /** For a core that was there a moment ago: whoever watches over it, such as the tray, starts it again. */
  comeBack: number;
  /** The same where we may not start one. */
  comeBackUnstarted: number;
  /** For a core that is starting, until it answers. */
  ready: number;
}

const usualPatience: LinkPatience = {
  comeBack: 2_000,
  comeBackUnstarted: 10_000,
  // A core is ready in less than a second; a machine that has just been booted starts everything at once.
  ready: 60_000,
};

/** The way to the core. */
export interface CoreLink {
  /**
   * A transport to a core that answered; finds or starts one if need be.
   * @throws {UserError} if there is no such core, and none comes
   */
  get(): Promise<CoreTransport>;
  /** The same for what can wait: no core is started for it, however long it takes. @throws once `signal` is aborted */
  waitFor(signal: AbortSignal): Promise<CoreTransport>;
  /** It did not answer: the next who asks gets another one, or this one after it has answered again. */
  drop(transport: CoreTransport): void;
  /** The transport that is in use; null if there is none just now. */
  current(): CoreTransport | null;
}

const log = logger("bridge");
const shortestPauseMs = 25;
const longestPauseMs = 250;
const longestIdlePauseMs = 5_000;

/**
 * Makes the link. Nothing is done yet.
 * @param access to the core of this machine
 * @param patience how long to wait
 */
export function createCoreLink(access: CoreAccess, patience = usualPatience): CoreLink {
  let current: CoreTransport | null = null;
  let finding: Promise<CoreTransport> | null = null;
  let hadCore = false;

  async function find(): Promise<CoreTransport> {
    const begin = performance.now();
    const startable = access.start !== null;
    const others = !hadCore ? 0 : startable ? patience.comeBack : patience.comeBackUnstarted;
    let started: Started | null = null;
    for (let pauseMs = shortestPauseMs;; pauseMs = Math.min(pauseMs * 1.5, longestPauseMs)) {
      let absence: unknown;
      try {
        const transport = await access.connect();
        started?.core.release();
        hadCore = true;
        return transport;
      } catch (error) {
        if (!isAbsence(error)) throw error;
        absence = error;
      }
      const waitedMs = performance.now() - begin;
      if (started?.exit) {
        // Another core was faster, which is as good as ours.
        if (started.exit.code !== ExitCode.dataDirectoryHeld) throw notStarted(started.exit);
        started = null;
      }
      if (started === null && waitedMs >= others && !await access.isHeld()) {
        if (access.start === null) throw absence;
        log.info("starting a core");
        started = watched(await access.start());
      }
      if (waitedMs > others + patience.ready) throw silent(absence, patience.ready);
      await pause(pauseMs);
    }
  }

  return {
    async get() {
      if (current) return current;
      finding ??= find().then((transport) => current = transport).finally(() => finding = null);
      return await finding;
    },
    async waitFor(signal) {
      for (let pauseMs = shortestPauseMs;; pauseMs = Math.min(pauseMs * 1.5, longestIdlePauseMs)) {
        signal.throwIfAborted();
        if (current) return current;
        try {
          return current = await (finding ?? access.connect());
        } catch (error) {
          log.debug("no core yet: {error}", { error: messageOf(error) });
        }
        await pause(pauseMs, signal);
      }
    },
    drop(transport) {
      // It is not closed: that would take it away from requests which are still on it.
      if (transport === current) current = null;
    },
    current: () => current,
  };
}

/** Whether an error says no more than that no core answers now, so that another try may succeed. */
function isAbsence(error: unknown): boolean {
  if (error instanceof NoCoreError) return true;
  if (error instanceof ChannelError) return !["denied", "untrusted"].includes(error.fault);
  return !(error instanceof UserError) || error.exitCode === ExitCode.general;
}

/** A core that was started, and how it ended, if it has. */
interface Started {
  core: SpawnedCore;
  exit: CoreExit | null;
}

function watched(core: SpawnedCore): Started {
  const started: Started = { core, exit: null };
  void core.exited.then((exit) => started.exit = exit);
  return started;
}

function notStarted({ code, problem }: CoreExit): UserError {
  const known = Object.values(ExitCode).find((exitCode) => exitCode === code && code !== 0);
  const why = problem ?? `it ended with exit code ${code}`;
  return new UserError(`The mcpproxy core did not start: ${why}`, {
    exitCode: known ?? ExitCode.general,
    next: "To see all that it says: mcpproxy serve",
  });
}

function silent(absence: unknown, limitMs: number): UserError {
  return new UserError(
    `The mcpproxy core does not answer within ${limitMs / 1000} s: ${messageOf(absence)}`,
    { next: "Look into its log, or end it: it is started again.", cause: absence },
  );
}
