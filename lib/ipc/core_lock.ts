/**
 * One core per data directory: an exclusive lock on `core.lock`, held for the life of the core. The kernel drops it with
 * the last descriptor (flock(2)), so it dies with its holder, kill -9 included. The file is never deleted: a second
 * process could lock the deleted one while a third locks its successor.
 */
import { ExitCode, messageOf, UserError } from "../errors.ts";
import { join } from "../path.ts";
import { operatingSystem } from "../platform.ts";

const isWindows = operatingSystem === "windows";
const killCommand = isWindows ? "taskkill /f /pid" : "kill";

/** The data directory belongs to another core that is running. */
export class DataDirectoryHeldError extends UserError {
  override readonly name = "DataDirectoryHeldError";
  /** Process id of the core that holds it, if it has said so. */
  readonly pid: number | null;

  /** @param dataDirectory the folder that is held @param pid the holder, if known */
  constructor(dataDirectory: string, pid: number | null) {
    const holder = pid === null ? "Another mcpproxy core" : `Another mcpproxy core (pid ${pid})`;
    super(`${holder} holds the data directory ${dataDirectory}`, {
      exitCode: ExitCode.dataDirectoryHeld,
      next: pid === null
        ? "Use that one, or give this one its own --data-dir."
        : `Use that one, stop it with: ${killCommand} ${pid}, or give this one its own --data-dir.`,
    });
    this.pid = pid;
  }
}

/** The lock, while it is held. */
export interface CoreLock {
  /** Gives the data directory free; the last thing a core does. */
  release(): void;
}

// A client that looks whether a core runs holds a shared lock for an instant, or longer if it is suspended just then.
const patienceMs = 5_000;
const pauseMs = 5;

/**
 * Takes the lock of a data directory.
 * @param dataDirectory a private folder (see `preparePrivateFolder`)
 * @returns the lock; its file holds our pid, for the message that the next core shows
 * @throws {DataDirectoryHeldError} if another process holds it
 * @throws {UserError} if the lock file cannot be opened
 */
export async function acquireCoreLock(dataDirectory: string): Promise<CoreLock> {
  const open = () =>
    openLockFile(dataDirectory, { read: true, write: true, create: true, mode: 0o600 });
  let file = open();
  for (const deadline = Date.now() + patienceMs; !file.tryLockSync(true);) {
    // Only a core holds it exclusively, so where a shared lock is to be had there are but clients that look.
    const heldByCore = !file.tryLockSync(false);
    if (heldByCore || Date.now() > deadline) {
      const pid = heldByCore ? readPid(dataDirectory, file) : null;
      file.close();
      throw new DataDirectoryHeldError(dataDirectory, pid);
    }
    unlockAndClose(file);
    await new Promise((resolve) => setTimeout(resolve, pauseMs * (1 + Math.random())));
    file = open();
  }
  const pid = new TextEncoder().encode(`${Deno.pid}\n`);
  if (isWindows) Deno.writeFileSync(pidFile(dataDirectory), pid);
  else {
    file.truncateSync(0);
    file.writeSync(pid);
  }
  return { release: () => unlockAndClose(file) };
}

/**
 * Gives a lock back. Closing alone is not enough: a process that is just being started elsewhere in this one holds a copy of
 * the descriptor until its program runs, and the lock lives as long as any copy (flock(2)).
 * @param file an open file whose lock we hold; closed afterwards
 */
export function unlockAndClose(file: Deno.FsFile): void {
  try {
    file.unlockSync();
  } catch (error) {
    // There no process gets a copy, so closing will do. Wine does not find the lock that it has given.
    if (!isWindows) throw error;
  } finally {
    file.close();
  }
}

/** Windows lets nobody read what another has locked (LockFileEx), so there the pid stands beside it. */
function pidFile(dataDirectory: string): string {
  return join(dataDirectory, "core.pid");
}

function readPid(dataDirectory: string, lock: Deno.FsFile): number | null {
  if (!isWindows) return readPidFrom(lock);
  try {
    using file = Deno.openSync(pidFile(dataDirectory));
    return readPidFrom(file);
  } catch {
    return null; // not yet written
  }
}

function readPidFrom(file: Deno.FsFile): number | null {
  const buffer = new Uint8Array(16);
  const length = file.readSync(buffer) ?? 0;
  const text = new TextDecoder().decode(buffer.subarray(0, length));
  return /^[1-9][0-9]{0,9}\n$/.test(text) ? Number(text) : null;
}

/**
 * Tells whether a core holds a data directory, without disturbing it.
 * @param dataDirectory the folder to ask for
 * @returns true while a core lives there
 */
export function isCoreRunning(dataDirectory: string): boolean {
  let file;
  try {
    file = openLockFile(dataDirectory, { read: true });
  } catch {
    return false; // never made, or not ours: no core of ours
  }
  // Shared, so that two clients that ask at once do not take each other for a core.
  const free = file.tryLockSync(false);
  if (free) unlockAndClose(file);
  else file.close();
  return !free;
}

/**
 * The process that holds a data directory.
 * @param dataDirectory the folder to ask for
 * @returns its process id; null if no core lives there, or it has not said so yet
 */
export function corePid(dataDirectory: string): number | null {
  if (!isCoreRunning(dataDirectory)) return null;
  using file = openLockFile(dataDirectory, { read: true });
  return readPid(dataDirectory, file);
}

function openLockFile(dataDirectory: string, options: Deno.OpenOptions): Deno.FsFile {
  const path = join(dataDirectory, "core.lock");
  try {
    // Opening a pipe or a device that somebody left there could hang.
    if (!isAbsent(path) && !Deno.lstatSync(path).isFile) throw new Error("not a regular file");
    return Deno.openSync(path, options);
  } catch (error) {
    throw new UserError(`${path} cannot be opened: ${messageOf(error)}`, {
      exitCode: ExitCode.permission,
      next: "Move it away, or check its owner and mode (0600).",
      cause: error,
    });
  }
}

function isAbsent(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return false;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
}
