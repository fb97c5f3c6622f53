/** From the text of a config file to the config, with errors that name line, column and field. */
import type { z } from "zod";
import { withDefaults } from "./defaults.ts";
import type { JsonObject } from "../json_object.ts";
import { type ConfigIssue, ConfigIssuesError, fieldName } from "./error.ts";
import { parseJson } from "./json.ts";
import { nearestNode, parseTree, positionOf } from "./json_tree.ts";
import { type Config, configSchema } from "./schema.ts";

/** A config file that was understood. */
export interface ConfigDocument {
  /** The text, without a byte order mark. */
  text: string;
  /** The root object as it was read, unknown fields included. */
  raw: JsonObject;
  /** What our schema makes of it. */
  config: Config;
}

/**
 * Reads a config out of the text of its file.
 * @param text without a byte order mark; blank text stands for the defaults
 * @param file for the error message
 * @returns text, raw object and config
 * @throws {ConfigIssuesError} naming line, column and field for everything that is wrong
 */
export async function parseConfig(text: string, file: string): Promise<ConfigDocument> {
  const raw = await parseJson(text, file);
  // Compiling the schema, as zod does by default, would cost a start more than it saves over the few parses.
  const parsed = configSchema.safeParse(withDefaults(raw), { jitless: true });
  if (parsed.success) return { text, raw, config: parsed.data };
  throw new ConfigIssuesError(file, await locate(text, parsed.error.issues));
}

async function locate(text: string, issues: readonly z.core.$ZodIssue[]): Promise<ConfigIssue[]> {
  const root = await parseTree(text);
  return issues.map((issue) => {
    const { node, steps } = nearestNode(root, issue.path);
    // The parent of a value is its property: pointing at the name is what a reader wants to see.
    const place = steps === issue.path.length && node.parent?.type === "property"
      ? node.parent
      : node;
    return {
      field: fieldName(issue.path),
      message: issue.message.replace(/^Invalid (?:input|option): /, "")
        .replace(/received undefined$/, "but it is missing"),
      position: positionOf(text, place.offset),
    };
  });
}
