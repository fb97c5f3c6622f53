/** Checks of the disk: what its file system can do, what is free, whether logs can be written. */
import { join } from "node:path";
import { messageOf } from "../../errors.ts";
import { operatingSystem } from "../../platform.ts";
import { shellWord } from "../../shell_word.ts";
import { type Check, failure, lookAt, modeOf, ok, skipped, warning } from "./check.ts";

const mebibyte = 1024 * 1024;
const roomy = 200 * mebibyte;
const least = 10 * mebibyte;

/**
 * Tries in a folder what a core needs of a file system: modes, locks, sockets.
 * @param folder a private one
 * @param withSocket whether the socket will lie there
 * @returns the check; nothing is left behind
 */
export function checkFileSystem(folder: string, withSocket: boolean): Check {
  const file = join(folder, `.doctor-${Deno.pid}`);
  try {
    tryFile(file);
    // No longer than the name of the core's socket, so it fits where that does.
    if (withSocket) trySocket(join(folder, `.d${Deno.pid}.s`));
  } catch (error) {
    return failure(
      "file-system",
      `${folder}: ${messageOf(error)}`,
      "Choose a data directory on a local file system with --data-dir.",
    );
  }
  return ok("file-system", `modes${withSocket ? ", locks and sockets" : " and locks"} work`);
}

function tryFile(path: string): void {
  using file = Deno.openSync(path, { read: true, write: true, createNew: true, mode: 0o600 });
  try {
    if (operatingSystem !== "windows") {
      const { mode, uid } = file.statSync();
      if (((mode ?? 0) & 0o777) !== 0o600) {
        throw new Error(`it cannot keep modes (0600 became ${modeOf({ mode })})`);
      }
      if (uid !== Deno.uid()) throw new Error(`it gives files to another user (${uid})`);
    }
    if (!file.tryLockSync(true)) throw new Error("it locks what nobody holds");
    using other = Deno.openSync(path, { read: true, write: true });
    if (other.tryLockSync(true)) throw new Error("its locks keep nobody out");
    file.unlockSync();
  } finally {
    Deno.removeSync(path);
  }
}

function trySocket(path: string): void {
  const former = Deno.umask(0o177);
  try {
    using listener = Deno.listen({ transport: "unix", path });
    void listener;
    const { isSocket, mode } = Deno.lstatSync(path);
    if (!isSocket) throw new Error("it holds no sockets");
    if (((mode ?? 0) & 0o777) !== 0o600) throw new Error("it cannot keep the mode of a socket");
  } finally {
    Deno.umask(former);
    if (lookAt(path) !== null) Deno.removeSync(path);
  }
}

/**
 * Judges the free space.
 * @param folder the data directory
 * @param free bytes
 * @returns a failure below 10 MiB, a warning below 200 MiB
 */
export function judgeSpace(folder: string, free: number): Check {
  const evidence = `${Math.floor(free / mebibyte)} MiB free at ${folder}`;
  const mend = "Free some space: configs, logs and locks are written there.";
  if (free < least) return failure("disk-space", evidence, mend);
  return free < roomy ? warning("disk-space", evidence, mend) : ok("disk-space", evidence);
}

/**
 * Judges how many files may be open.
 * @param limit of this process; null where there is none
 * @returns a failure below 256, a warning below 1024
 */
export function judgeDescriptors(limit: number | null): Check {
  if (limit === null) return skipped("descriptor-limit", "the system names no limit");
  const evidence = `${limit} files may be open at once`;
  const mend = "Raise it before the core is started: ulimit -n 4096 (see also ulimit -Hn).";
  if (limit < 256) return failure("descriptor-limit", evidence, mend);
  return limit < 1024
    ? warning("descriptor-limit", evidence, mend)
    : ok("descriptor-limit", evidence);
}

/**
 * Checks that logs can be written.
 * @param folder where they go
 * @param isWanted whether the core writes any
 * @returns the check; nothing is left behind
 */
export function checkLogs(folder: string, isWanted: boolean): Check {
  try {
    const info = Deno.statSync(folder);
    if (!info.isDirectory) {
      return failure("log-directory", `${folder} is not a directory`, "Move it away.");
    }
    const file = join(folder, `.doctor-${Deno.pid}`);
    Deno.openSync(file, { write: true, createNew: true, mode: 0o600 }).close();
    Deno.removeSync(file);
    if (operatingSystem !== "windows" && ((info.mode ?? 0) & 0o022) !== 0) {
      return warning(
        "log-directory",
        `${folder} can be written by other users (mode ${modeOf(info)})`,
        `Run: chmod 700 ${shellWord(folder)}`,
      );
    }
    return ok("log-directory", `${folder} can be written`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return isWanted
        ? ok("log-directory", `${folder} is made when the core starts`)
        : skipped("log-directory", "no log file is asked for (logging.enable_file)");
    }
    const judge = isWanted ? failure : warning;
    return judge(
      "log-directory",
      `${folder}: ${messageOf(error)}`,
      "Look at its owner and mode, or choose another with logging.log_dir.",
    );
  }
}
