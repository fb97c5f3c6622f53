/** The entry of mcpproxy among a client's servers: how it is written, and how it is known again. */
import { absolute, type Inputs, variable } from "../config/paths.ts";
import { isObject } from "../config/defaults.ts";
import type { ClientDescription } from "./catalogue.ts";

/** What our entry is called in every client. */
export const entryName = "mcpproxy";

/** What a client needs to start us. */
export interface Entry {
  readonly command: string;
  readonly args: readonly string[];
  /** Fields that a client wants beside. */
  readonly [field: string]: string | readonly string[];
}

/**
 * Our entry for a client.
 * @param client who reads it
 * @param program the words that start mcpproxy, without arguments of its own
 * @param inputs what was said on the command line; the client shall mean the same data directory
 */
export function entryFor(
  client: ClientDescription,
  program: readonly string[],
  inputs: Inputs,
): Entry {
  const [command = "", ...args] = program;
  return { ...client.fields, command, args: [...args, ...stdioArguments(inputs)] };
}

/** A client that is started by the desktop has neither our environment nor our working directory. */
function stdioArguments(inputs: Inputs): string[] {
  const dataDirectory = inputs.flags.dataDir || variable(inputs.environment, "MCPPROXY_DATA");
  const { config } = inputs.flags;
  return [
    "stdio",
    ...dataDirectory ? [`--data-dir=${absolute(dataDirectory, inputs)}`] : [],
    ...config ? [`--config=${absolute(config, inputs)}`] : [],
  ];
}

/**
 * Tells whether an entry starts mcpproxy, in this version or another, from here or from elsewhere.
 * @param value the entry as the client's file has it
 */
export function isOwnEntry(value: unknown): boolean {
  if (!isObject(value) || typeof value.command !== "string" || !Array.isArray(value.args)) {
    return false;
  }
  const args: unknown[] = value.args;
  const at = args.indexOf("stdio");
  const program = baseName(value.command);
  if (program === "mcpproxy") return at === 0;
  if (program !== "deno" || at < 1) return false;
  return args[0] === "run" && args.includes("-P=core") &&
    baseName(String(args[at - 1])) === "main.ts";
}

/** Of a path in either spelling: a file may be shared between systems. */
function baseName(path: string): string {
  return path.split(/[/\\]/).at(-1)!.replace(/\.exe$/i, "");
}
