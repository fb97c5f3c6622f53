/**
 * Starts what is started most, the core and its status, without the library that reads command lines: to load it takes
 * longer than the status itself, and a core would hold it for life. Only what is plainly meant is read here; anything
 * else, help and mistakes included, is left to it.
 */
import type { GlobalOptions } from "./context.ts";

/** A command line that was understood. */
export interface QuickCommand {
  command: "serve" | "status";
  options: GlobalOptions;
}

const everywhere: ReadonlyMap<string, keyof GlobalOptions> = new Map([
  ["-c", "config"],
  ["--config", "config"],
  ["-d", "dataDir"],
  ["--data-dir", "dataDir"],
  ["--tray-endpoint", "trayEndpoint"],
  ["-o", "output"],
  ["--output", "output"],
]);
const forServe: ReadonlyMap<string, keyof GlobalOptions> = new Map([
  ["-l", "listen"],
  ["--listen", "listen"],
]);

/**
 * Reads a command line.
 * @param args what follows the program's name
 * @returns the command and its options; null if it is another, or not certainly one of the two
 */
export function readQuickly(args: readonly string[]): QuickCommand | null {
  const options: Record<string, string | boolean> = {};
  let command: QuickCommand["command"] | null = null;
  for (let at = 0; at < args.length; at++) {
    const word = args[at]!;
    // A command's own options come after its name, as the library wants it.
    const name = everywhere.get(word) ?? (command === "serve" ? forServe.get(word) : undefined);
    if (name !== undefined) {
      const value = args[++at];
      if (value === undefined || value.startsWith("-")) return null;
      options[name] = value;
    } else if (word === "--json") options.json = true;
    else if (command === null && (word === "serve" || word === "status")) command = word;
    else return null;
  }
  // Without a name it is the core that is started.
  return { command: command ?? "serve", options };
}
