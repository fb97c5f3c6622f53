/** What the doctor asks of the machine that no file tells; handed in, so that tests can let it be another. */
import { statfsSync } from "node:fs";
import { operatingSystem } from "../../platform.ts";
import { printedBy } from "../../port_listeners.ts";
import { version } from "../../version.ts";

/** The machine. */
export interface System {
  /** The version of this program. */
  readonly version: string;
  /** Milliseconds since 1970. */
  now(): number;
  /** Bytes that are free for this user, in the file system of a folder. */
  freeBytes(folder: string): number;
  /** How many files a process may have open; null where there is no such limit. */
  descriptorLimit(): Promise<number | null>;
  /** The environment of a process of ours; null if the system does not tell. */
  environmentOf(pid: number): Promise<Record<string, string> | null>;
  /** True if a process of ours was stopped by a signal (SIGSTOP, SIGTSTP). */
  isStopped(pid: number): Promise<boolean>;
}

/** The machine that we run on. */
export const thisSystem: System = {
  version,
  now: Date.now,

  freeBytes(folder) {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  },

  async descriptorLimit() {
    if (operatingSystem === "windows") return null;
    // Deno raises its own limit as far as it may at its start, and so does the core; a child has what we have.
    const text = (await printedBy("/bin/sh", ["-c", "ulimit -n"])).trim();
    return /^\d+$/.test(text) ? Number(text) : null;
  },

  /** proc_pid_environ(5), by a program of the system: Deno keeps /proc from programs without every permission. */
  async environmentOf(pid) {
    if (operatingSystem !== "linux") return null;
    const text = await printedBy("cat", [`/proc/${pid}/environ`]);
    if (text === "") return null;
    return Object.fromEntries(
      text.split("\0").filter((line) => line.includes("="))
        .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
  },

  async isStopped(pid) {
    if (operatingSystem === "windows") return false;
    return (await printedBy("ps", ["-o", "state=", "-p", String(pid)])).trim().startsWith("T");
  },
};
