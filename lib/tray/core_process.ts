/** A core that is ours to stop: one that we have started, or one that a former tray has. */
import { corePid } from "../ipc/core_lock.ts";
import { checkDataDirectory } from "../ipc/private_channel.ts";
import { type CoreCommand, lastWordsMs, spawnCore } from "../launch/spawn_core.ts";
import { logger } from "../log.ts";
import { settlesWithin } from "../waiting.ts";
import type { OwnedCore } from "./cores.ts";

/** Milliseconds that a core has to end: after it is asked to, and after SIGKILL. */
export interface Patience {
  term: number;
  kill: number;
}

/** A core needs 4.8 s at most. */
const usualPatience: Patience = { term: 6_000, kill: 2_000 };
const pollMs = 50;

/** Asks the core of a process id to end, and tells whether it will. */
export type AskToEnd = (pid: number) => Promise<boolean>;

const bySignal: AskToEnd = (pid) => Promise.resolve(send(pid, "SIGTERM"));

/**
 * Starts a core that we stop again, unless we are killed: then it runs on, and the next tray takes it over.
 * @param command what to start
 * @param redact takes secrets out of what it says
 * @param ask how it is asked to end; SIGTERM if not given
 * @param patience how long it may take to end when it is stopped
 * @returns the core; its process runs
 * @throws {CoreMissingError} if the system cannot start the program
 */
export function startCore(
  command: CoreCommand,
  redact: (text: string) => string,
  ask = bySignal,
  patience = usualPatience,
): OwnedCore {
  const { pid, exited, ended } = spawnCore(command, redact);
  return {
    pid,
    exited,
    stop: async () => {
      await stop(pid, (ms) => settlesWithin(ended, ms), ask, patience);
      await settlesWithin(exited, lastWordsMs);
    },
  };
}

/**
 * Takes over a core that a former tray has started.
 * @param pid its process id, as it told over a checked connection
 * @param dataDirectory the folder that it holds
 * @param ask how it is asked to end; SIGTERM if not given
 */
export function adoptCore(pid: number, dataDirectory: string, ask = bySignal): OwnedCore {
  // A process id may be used again, and is by kill(2) no proof of life; the lock is.
  const lives = () => {
    try {
      return corePid(checkDataDirectory(dataDirectory)) === pid;
    } catch {
      return false; // where others may write, no file is proof of anything
    }
  };
  const ends = async (ms: number) => {
    for (const deadline = Date.now() + ms; lives();) {
      if (Date.now() > deadline) return false;
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
    return true;
  };
  return { pid, exited: null, stop: () => stop(pid, ends, ask, usualPatience) };
}

/** @param ends waits so many milliseconds for its end, and tells whether it came */
async function stop(
  pid: number,
  ends: (ms: number) => Promise<boolean>,
  ask: AskToEnd,
  patience: Patience,
): Promise<void> {
  if (await ends(0)) return;
  if (!await ask(pid)) send(pid, "SIGTERM");
  if (await ends(patience.term)) return;
  logger("tray").warn("core {pid} did not end within {ms} ms; it is killed", {
    pid,
    ms: patience.term,
  });
  // The leader of its group, so this reaches whatever it has started into it, too.
  if (!send(-pid, "SIGKILL")) send(pid, "SIGKILL");
  if (!await ends(patience.kill)) {
    logger("tray").error("core {pid} cannot be ended", { pid });
  }
}

function send(pid: number, signal: Deno.Signal): boolean {
  try {
    Deno.kill(pid, signal);
    return true;
  } catch {
    return false; // gone just now, or no group of its own
  }
}
