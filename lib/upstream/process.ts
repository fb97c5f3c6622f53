/** Picks the child processes of the system we run on. */
import { UserError } from "../errors.ts";
import { operatingSystem } from "../platform.ts";
import type { ChildProcesses } from "./child_process.ts";
import { UnixChildProcesses } from "./process_unix.ts";

/**
 * The child processes of this system. On Windows none can be started yet; servers with a URL work there all the same.
 * @param dataDirectory a private folder whose lock the caller holds; children of the core that held it before and was
 * killed are looked up there and ended
 */
export function childProcesses(dataDirectory: string): ChildProcesses {
  if (operatingSystem !== "windows") return new UnixChildProcesses(dataDirectory);
  return {
    start: () =>
      Promise.reject(new UserError("Servers with a `command` cannot be started on Windows yet.")),
    close: () => Promise.resolve(),
  };
}
