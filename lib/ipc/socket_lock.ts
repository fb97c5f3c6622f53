/**
 * A lock beside a socket that lies outside of its core's data directory: the lock of the data directory says nothing about
 * who listens there, and whoever takes a live socket for a dead one takes over its clients.
 */
import { messageOf } from "../errors.ts";
import { type CoreLock, isCoreRunning, unlockAndClose } from "./core_lock.ts";
import { EndpointError, socketName } from "./endpoint.ts";
import { basename, dirname, join } from "../path.ts";

/**
 * Claims the path of a socket.
 * @param path the socket, in a folder that exists
 * @param dataDirectory the real path of the data directory whose lock the caller holds
 * @returns the claim, which dies with its holder
 * @throws {EndpointError} if another core listens there, or the place is not fit for a lock
 */
export function claimSocketPath(path: string, dataDirectory: string): CoreLock {
  // By its real path: through a link, our own data directory would look like another core's.
  const folder = Deno.realPathSync(dirname(path));
  if (join(folder, basename(path)) === join(dataDirectory, socketName)) {
    return { release: () => {} };
  }
  if (folder !== dataDirectory && isCoreRunning(folder)) throw inUse(path);
  const file = openLockFile(`${path}.lock`);
  if (file.tryLockSync(true)) return { release: () => unlockAndClose(file) };
  file.close();
  throw inUse(path);
}

function inUse(path: string): EndpointError {
  return new EndpointError(
    `another mcpproxy core already listens on ${path}`,
    "Give each core its own --tray-endpoint, or none.",
  );
}

/** Nothing is ever written to it: where others may make links, it must not matter what it is a link to. */
function openLockFile(path: string): Deno.FsFile {
  let file;
  try {
    file = Deno.openSync(path, { read: true, write: true, create: true, mode: 0o600 });
    const opened = file.statSync();
    const there = Deno.lstatSync(path);
    if (there.isFile && there.ino === opened.ino && opened.uid === Deno.uid()) return file;
    throw new Error("it is not a regular file of yours");
  } catch (error) {
    file?.close();
    throw new EndpointError(
      `${path} cannot be locked: ${messageOf(error)}`,
      "Choose another with --tray-endpoint unix:///…",
    );
  }
}
