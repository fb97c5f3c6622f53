/** The entry of mcpproxy among a client's servers: how it is written, and how it is known again. */
import { isObject } from "../json_object.ts";
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
 * @param program what starts `mcpproxy stdio` from anywhere
 */
export function entryFor(
  client: ClientDescription,
  { command, args }: Pick<Entry, "command" | "args">,
): Entry {
  return { ...client.fields, command, args };
}

/**
 * Tells whether an entry starts mcpproxy, in this version or another, from here or from elsewhere.
 * @param value the entry as the client's file has it
 */
export function isOwnEntry(value: unknown): boolean {
  if (!isObject(value) || typeof value.command !== "string" || !Array.isArray(value.args)) {
    return false;
  }
  const args = value.args.map(String);
  const at = args.indexOf("stdio");
  const program = baseName(value.command);
  if (program === "mcpproxy") return at >= 0;
  const script = args.findIndex((word) => baseName(word) === "main.ts");
  return program === "deno" && args[0] === "run" && args.includes("-P=core") && script > 0 &&
    script < at;
}

/** Of a path in either spelling: a file may be shared between systems. */
function baseName(path: string): string {
  return path.split(/[/\\]/).at(-1)!.replace(/\.exe$/i, "");
}
