/** Picks the child processes of the system we run on. */
import { operatingSystem } from "../platform.ts";
import type { ChildProcesses } from "./child_process.ts";
import { UnixChildProcesses } from "./process_unix.ts";
import { WindowsChildProcesses } from "./process_windows.ts";

/**
 * The child processes of this system.
 * @param dataDirectory a private folder whose lock the caller holds; on a Unix, children of the core that held it before and
 * was killed are looked up there and ended
 */
export function childProcesses(dataDirectory: string): ChildProcesses {
  return operatingSystem === "windows"
    ? new WindowsChildProcesses()
    : new UnixChildProcesses(dataDirectory);
}
