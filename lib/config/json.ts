/** From the text of a config file to its root object: all that a client of a running core needs to know of it. */
import { isObject, type JsonObject } from "../json_object.ts";
import { ConfigIssuesError, fieldName } from "./error.ts";
import { findFault, isDeeperThan, positionOf } from "./json_tree.ts";

/** More levels than any config has, and few enough for every function that recurses over the value. */
const DEEPEST = 100;

/**
 * Parses the text of a config file as strict JSON, so that the Go program can read the file too.
 * @param text without a byte order mark; blank text stands for `{}`
 * @param file for the error message
 * @returns the root object
 * @throws {ConfigIssuesError} naming line and column if the text is not a JSON object
 */
export async function parseJson(text: string, file: string): Promise<JsonObject> {
  if (text.trim() === "") return {};
  if (isDeeperThan(text, DEEPEST)) {
    throw new ConfigIssuesError(file, [{
      field: "",
      message: `nested deeper than ${DEEPEST} levels`,
    }]);
  }
  const raw = tryParse(text);
  if (isObject(raw)) return raw;
  const { message, offset, path } = raw === undefined
    ? await findFault(text)
    : { message: "expected an object in braces", offset: 0, path: [] };
  throw new ConfigIssuesError(file, [{
    field: fieldName(path),
    message,
    position: positionOf(text, offset),
  }]);
}

/** The message of what `JSON.parse` throws quotes the text, secrets and all, so it goes no further than this. */
function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
