/** What a change of a settings file would do to it, for a person to read. */
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import type { JsonObject } from "../json_object.ts";
import { maskSecret, secretsOf } from "../config/secrets.ts";

/**
 * The difference of two texts as diff(1) writes it with -u, without the secrets that stand around it.
 * @param path of the file
 * @param before null if there is no file
 * @param after the new text
 * @param settings the file's value, in which the secrets are found
 * @returns the lines; empty if there is no difference
 */
export function difference(
  path: string,
  before: string | null,
  after: string,
  settings: JsonObject,
): string {
  if (before === after) return "";
  const from = before === null ? "/dev/null" : path;
  const patch = createTwoFilesPatch(from, path, before ?? "", after, "", "", {
    headerOptions: FILE_HEADERS_ONLY,
  }).trimEnd();
  // A terminal would obey what a file has of them.
  const harmless = patch.replace(/[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/gu, "");
  return secretsOf(settings, {}).reduce((text, secret) => {
    const written = JSON.stringify(secret).slice(1, -1);
    return text.replaceAll(written, maskSecret(secret)).replaceAll(secret, maskSecret(secret));
  }, harmless);
}
