/** The tray's own log: standard error, and `tray.log` as soon as there is a place for it. */
import { join } from "node:path";
import { type LogLevelName, setUpLog } from "../log_setup.ts";

/** Where the log goes from now on. */
export interface LogTarget {
  /** The folder of `tray.log`; null: standard error only. */
  folder: string | null;
  level: LogLevelName;
  /** What must not appear in it; asked for at each line. */
  secrets(): Iterable<string>;
}

const largestFile = 5 * 1024 * 1024;
const formerFiles = 2;

/**
 * Writes the log of this process there, in place of where it went before.
 * @param target where, and how much of it
 * @returns once lines are written
 */
export async function openTrayLog({ folder, level, secrets }: LogTarget): Promise<void> {
  const file = folder === null
    ? null
    : { path: join(folder, "tray.log"), maxBytes: largestFile, keep: formerFiles };
  await setUpLog({ level, console: true, ...file && { file }, secrets });
}
