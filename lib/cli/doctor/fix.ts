/**
 * Mends what can be mended safely: modes of what is ours, and what a dead core has left behind. Links are not followed,
 * what belongs to others is not touched, and what a core may need is removed only under its lock.
 */
import { closeSync, constants, fchmodSync, fstatSync, openSync } from "node:fs";
import { dirname, join } from "node:path";
import { messageOf } from "../../errors.ts";
import { acquireCoreLock } from "../../ipc/core_lock.ts";
import { derivedFolder, prepareDataDirectory } from "../../ipc/private_channel.ts";
import { checkPath } from "../../ipc/private_path_unix.ts";
import { removeRuntimeFile, runtimeFileName } from "../../ipc/runtime_file.ts";
import { claimSocketPath } from "../../ipc/socket_lock.ts";
import { operatingSystem } from "../../platform.ts";
import type { CheckId } from "./catalogue.ts";
import { isAnswered } from "./channel.ts";
import { type Check, lookAt, modeOf } from "./check.ts";
import type { Examination } from "./examine.ts";

/** What was tried, and what came of it. */
export interface Mended {
  /** The check that is mended by it. */
  id: CheckId;
  path: string;
  before: string;
  /** What it is now; null if it could not be mended. */
  after: string | null;
  /** Why not, or what else is to be done; null if nothing. */
  note: string | null;
}

const mendable: ReadonlySet<CheckId> = new Set<CheckId>(
  ["data-directory", "config-file", "runtime-file", "socket-folder", "socket"],
);

const wasOpen = "others could write to it until now: look through what it holds";

/**
 * Whether `--fix` would try to mend what a check has found.
 * @param check any
 * @returns true too where it may turn out that only a person can mend it
 */
export function isMendable({ id, verdict }: Pick<Check, "id" | "verdict">): boolean {
  return mendable.has(id) && (verdict === "warning" || verdict === "failure");
}

/**
 * Mends what an examination has found.
 * @param found by `examine`
 * @returns what was done or tried; empty if there was nothing that could be mended. What was mended may uncover more
 */
export async function fix(found: Examination): Promise<Mended[]> {
  const faulty = new Set(found.checks.filter(isMendable).map(({ id }) => id));
  const done: Mended[] = [];
  const { dataDirectory, configFile, privateDirectory, socket } = found;
  if (faulty.has("data-directory") && dataDirectory !== null) {
    done.push(
      ...lookAt(dataDirectory) === null
        ? [create(dataDirectory)]
        : chmod("data-directory", dataDirectory, 0o700),
    );
  }
  if (faulty.has("config-file") && configFile !== null) {
    done.push(...chmod("config-file", configFile, 0o600));
  }
  const short = derivedFolder();
  if (faulty.has("socket-folder") && short !== null && lookAt(short) !== null) {
    done.push(...chmod("socket-folder", short, 0o700));
  }
  if (privateDirectory !== null && faulty.has("runtime-file")) {
    done.push(...await removeStale(privateDirectory));
  }
  if (privateDirectory !== null && socket !== null && faulty.has("socket")) {
    done.push(...await mendSocket(socket, privateDirectory));
  }
  return done;
}

function create(path: string): Mended {
  const about = { id: "data-directory", path, before: "missing" } as const;
  try {
    const real = prepareDataDirectory(path);
    return { ...about, after: `made, mode ${modeOf(Deno.lstatSync(real))}`, note: null };
  } catch (error) {
    return { ...about, after: null, note: messageOf(error) };
  }
}

/** By descriptor: what was looked at is what is changed, and a link is not opened at all (open(2), O_NOFOLLOW). */
function chmod(id: CheckId, path: string, wanted: 0o600 | 0o700): Mended[] {
  if (operatingSystem === "windows") return []; // access lists, not modes
  const tell = (before: string, after: string | null, note: string | null) => [
    { id, path, before, after, note },
  ];
  let descriptor: number;
  try {
    checkPath(dirname(path), Deno.uid()!); // what others can replace is not ours to trust
    const kind = lookAt(path);
    if (kind?.isSymlink) return tell("a symbolic link", null, "links are not followed");
    descriptor = openSync(
      path,
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
  } catch (error) {
    return tell("as it was", null, messageOf(error));
  }
  try {
    const info = fstatSync(descriptor);
    const before = `mode ${modeOf(info)}`;
    if (info.uid !== Deno.uid()) return tell(before, null, `it belongs to user ${info.uid}`);
    const isRight = wanted === 0o700 ? info.isDirectory() : info.isFile();
    if (!isRight) return tell(before, null, "it is of another kind");
    // Of a file with two names we know but one: the other may be somewhere else for a reason.
    if (info.isFile() && info.nlink > 1) return tell(before, null, "it has other names (links)");
    if ((info.mode & 0o077) === 0) return [];
    fchmodSync(descriptor, wanted);
    const note = (info.mode & 0o022) === 0 ? null : wasOpen;
    return tell(before, `mode ${modeOf(fstatSync(descriptor))}`, note);
  } finally {
    closeSync(descriptor);
  }
}

async function removeStale(dataDirectory: string): Promise<Mended[]> {
  const path = join(dataDirectory, runtimeFileName);
  const about = { id: "runtime-file", path, before: "of a core that was killed" } as const;
  return await underLock(dataDirectory, () => {
    const info = lookAt(path);
    if (info === null) return [];
    if (!info.isFile || info.uid !== Deno.uid()) {
      return [{ ...about, after: null, note: "it is no file of yours" }];
    }
    removeRuntimeFile(dataDirectory);
    return [{ ...about, after: "removed", note: null }];
  });
}

/** Whoever holds the lock knows that no core is about to start there. */
async function underLock(
  dataDirectory: string,
  work: () => Mended[] | Promise<Mended[]>,
): Promise<Mended[]> {
  let lock;
  try {
    lock = await acquireCoreLock(dataDirectory);
  } catch {
    return []; // a core has just started: it puts things right itself
  }
  try {
    return await work();
  } finally {
    lock.release();
  }
}

async function mendSocket(path: string, dataDirectory: string): Promise<Mended[]> {
  const info = lookAt(path);
  if (!info?.isSocket || info.uid !== Deno.uid()) return [];
  const about = { id: "socket", path } as const;
  try {
    checkPath(dirname(path), Deno.uid()!);
  } catch (error) {
    return [{ ...about, before: "a socket", after: null, note: messageOf(error) }];
  }
  if (await isAnswered(path)) {
    if (modeOf(info) === "0600") return [];
    // A socket cannot be opened, so by its path: in a folder that was just found private, only we could put a link there.
    Deno.chmodSync(path, 0o600);
    return [{ ...about, before: `mode ${modeOf(info)}`, after: "mode 0600", note: null }];
  }
  return await underLock(dataDirectory, async () => {
    const before = "left behind by a core that was killed";
    const claim = claimSocketPath(path, dataDirectory);
    try {
      const now = lookAt(path);
      if (now?.ino !== info.ino || await isAnswered(path)) return [];
      Deno.removeSync(path);
      return [{ ...about, before, after: "removed", note: null }];
    } catch (error) {
      return [{ ...about, before, after: null, note: messageOf(error) }];
    } finally {
      claim.release();
    }
  });
}
