/** What an editor of a settings file can do, whatever the format. */
import { isObject, type JsonObject } from "../json_object.ts";
import { ConfigError, ConfigIssuesError } from "../config/error.ts";
import { positionOf } from "../config/json_tree.ts";
import type { Entry } from "./entry.ts";

/** One of the formats in which clients keep their settings. A blank text holds nothing. */
export interface SettingsFormat {
  /**
   * Reads a whole file.
   * @throws {ConfigIssuesError} with line and column if it cannot be parsed
   */
  parse(text: string, file: string): Promise<JsonObject>;
  /**
   * Sets an entry, and changes nothing else.
   * @param mode "merge" keeps what else the entry holds; "replace" does not
   */
  set(
    text: string,
    table: string,
    name: string,
    entry: Entry,
    mode: "merge" | "replace",
  ): Promise<string>;
  /** Removes an entry, and changes nothing else. */
  remove(text: string, table: string, name: string): Promise<string>;
  /** How a person would write the entry, for a file that we cannot change. */
  example(table: string, name: string, entry: Entry): string;
}

/** More levels than any settings have, and few enough for every function that recurses over the value. */
export const deepest = 200;

/**
 * The error of a file that cannot be parsed.
 * @param file its path
 * @param message what is wrong; no piece of the text, which may be a secret
 * @param text of the file
 * @param offset where, in UTF-16 units
 */
export function faultIn(file: string, message: string, text: string, offset: number): Error {
  const position = positionOf(text, offset);
  return new ConfigIssuesError(file, [{ field: "", message, position }]);
}

/**
 * The servers that a file holds.
 * @param settings the whole file
 * @param table the member that holds them, by name
 * @param file for the error message
 * @returns the entries as they stand there, in order
 * @throws {ConfigError} if that member is something else
 */
export function serversIn(
  settings: JsonObject,
  table: string,
  file: string,
): Map<string, unknown> {
  const servers = Object.hasOwn(settings, table) ? settings[table] : {};
  if (isObject(servers)) return new Map(Object.entries(servers));
  throw new ConfigError(`"${table}" in ${file} does not hold servers by name`, {
    next: "Mend or remove it and try again.",
  });
}
