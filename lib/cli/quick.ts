/**
 * Starts the command that people type most without the library that reads command lines, whose loading takes longer than
 * the command itself. Only what is plainly meant is read here; anything else, help and mistakes included, is left to it.
 */
import type { GlobalOptions } from "./context.ts";

const valued: ReadonlyMap<string, keyof GlobalOptions> = new Map([
  ["-c", "config"],
  ["--config", "config"],
  ["-d", "dataDir"],
  ["--data-dir", "dataDir"],
  ["--tray-endpoint", "trayEndpoint"],
  ["-o", "output"],
  ["--output", "output"],
]);

/**
 * Reads a command line that asks for the status.
 * @param args what follows the program's name
 * @returns its options; null if it is anything else, or not certainly this
 */
export function readStatus(args: readonly string[]): GlobalOptions | null {
  const options: Record<string, string | boolean> = {};
  let isStatus = false;
  for (let at = 0; at < args.length; at++) {
    const word = args[at]!;
    const name = valued.get(word);
    if (word === "status" && !isStatus) isStatus = true;
    else if (word === "--json") options.json = true;
    else if (name !== undefined) {
      const value = args[++at];
      if (value === undefined || value.startsWith("-")) return null;
      options[name] = value;
    } else return null;
  }
  return isStatus ? options : null;
}
