/** Changes that come back from clients who only ever saw masks. */
import { ExitCode, UserError } from "../errors.ts";
import { isObject, type JsonObject } from "../json_object.ts";
import { fieldName } from "./error.ts";
import { MASK } from "./secrets.ts";

/**
 * Applies a JSON merge patch (RFC 7396): null removes a member, objects are merged, all else replaces.
 * @param target is not changed
 * @param patch any JSON value
 * @returns the patched value
 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  // A Map, because assigning to an object's `__proto__` would do something else.
  const result = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [name, member] of Object.entries(patch)) {
    if (member === null) result.delete(name);
    else result.set(name, mergePatch(result.get(name), member));
  }
  return Object.fromEntries(result);
}

/**
 * Puts the secrets back where a value still is the mask that was shown for it.
 * @param value what came from a client
 * @param masked what was shown
 * @param clear what it stood for, of the same shape as `masked`
 * @param path where `value` stands, for the error message
 * @returns `value` with the secrets in clear
 * @throws {UserError} if a mask stands where it was not shown: to save it would lose the secret
 */
export function unmask(
  value: unknown,
  masked: unknown,
  clear: unknown,
  path: readonly PropertyKey[] = [],
): unknown {
  if (typeof value === "string" && value.includes(MASK)) {
    if (value === masked) return clear;
    throw new UserError(`${fieldName(path)} holds a masked value that was not shown there`, {
      exitCode: ExitCode.configuration,
      next: "Send the real value, or leave the field out to keep what is stored.",
    });
  }
  if (Array.isArray(value)) {
    return value.map((entry, index) => {
      const shown = indexShown(entry, index, value.length, masked, clear);
      return unmask(entry, member(masked, shown), member(clear, shown), [...path, index]);
    });
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [
      name,
      unmask(entry, member(masked, name), member(clear, name), [...path, name]),
    ]),
  );
}

/**
 * Refuses masks in what is to be stored anew.
 * @param value what came from a client
 * @throws {UserError} naming the field
 */
export function refuseMasks(value: JsonObject): void {
  unmask(value, undefined, undefined);
}

/**
 * Where an entry of a list was shown: it may have moved since. Entries whose masks are alike are only known by their
 * place, and not even by that in a list of another length; -1 then.
 */
function indexShown(
  entry: unknown,
  index: number,
  length: number,
  masked: unknown,
  clear: unknown,
): number {
  if (!Array.isArray(masked) || !Array.isArray(clear)) return -1;
  const places = [...masked.keys()].filter((place) => masked[place] === entry);
  if (new Set(places.map((place) => clear[place])).size <= 1) return places[0] ?? index;
  return length === masked.length && places.includes(index) ? index : -1;
}

function member(container: unknown, key: string | number): unknown {
  if (typeof container !== "object" || container === null || !Object.hasOwn(container, key)) {
    return undefined;
  }
  return (container as Record<string | number, unknown>)[key];
}
