/** JSON objects, told from the other values. */

/** A JSON object as it was read. */
export type JsonObject = Record<string, unknown>;

/**
 * Tells JSON objects from the other values.
 * @param value any JSON value
 * @returns true if it is neither null, nor an array, nor a scalar
 */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
