/** One tray per data directory: two would each take the core for theirs, and stop and start it against each other. */
import { join } from "../path.ts";
import { ExitCode, UserError } from "../errors.ts";
import { unlockAndClose } from "./core_lock.ts";

const lockName = "tray.lock";

/** Another tray watches this data directory. */
export class TrayRunningError extends UserError {
  override readonly name = "TrayRunningError";

  /** @param dataDirectory which @param pid the other tray's, if it has said so */
  constructor(dataDirectory: string, pid: string) {
    super(`mcpproxy-tray already runs for ${dataDirectory}${pid && ` (pid ${pid})`}`, {
      exitCode: ExitCode.dataDirectoryHeld,
      next: "Use that one, or quit it first.",
    });
  }
}

/**
 * Takes the tray's lock of a data directory. The kernel drops it with the process (flock(2)); the file stays.
 * @param dataDirectory a private folder
 * @returns the lock; disposing of it gives it free
 * @throws {TrayRunningError} if another tray holds it
 */
export function acquireTrayLock(dataDirectory: string): Disposable {
  const path = join(dataDirectory, lockName);
  const file = Deno.openSync(path, { read: true, write: true, create: true, mode: 0o600 });
  if (!file.tryLockSync(true)) {
    file.close();
    throw new TrayRunningError(dataDirectory, readPid(path));
  }
  file.truncateSync(0);
  file.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
  return { [Symbol.dispose]: () => unlockAndClose(file) };
}

/**
 * Looks for the tray of a data directory, without disturbing it.
 * @param dataDirectory a private folder
 * @returns its process id, "" if it cannot be told; null if none runs
 */
export function trayPid(dataDirectory: string): string | null {
  const path = join(dataDirectory, lockName);
  let file;
  try {
    if (!Deno.lstatSync(path).isFile) return null;
    file = Deno.openSync(path, { read: true });
  } catch {
    return null; // never made, or not ours
  }
  // Shared, so that two that look at once do not take each other for a tray.
  if (!file.tryLockSync(false)) {
    file.close();
    return readPid(path);
  }
  unlockAndClose(file);
  return null;
}

function readPid(path: string): string {
  try {
    return /^([0-9]{1,10})\n$/.exec(Deno.readTextFileSync(path))?.[1] ?? "";
  } catch {
    return ""; // Windows lets nobody read what another has locked
  }
}
