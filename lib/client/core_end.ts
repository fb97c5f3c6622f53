/** Whether a core that was asked to end has done so. */
import { corePid } from "../ipc/core_lock.ts";

/**
 * Looks at the lock of a data directory, which a core gives free as the last thing.
 * @param dataDirectory of the core
 * @param pid its process id
 * @returns true when that core is gone, even if another has taken its place
 */
export function hasCoreEnded(dataDirectory: string, pid: number): boolean {
  return corePid(dataDirectory) !== pid;
}
