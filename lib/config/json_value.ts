/** Values of JSON and their like. */
import { isObject } from "../json_object.ts";
import type { Node } from "./json_tree.ts";

/**
 * The value of a node. Of a name that is given twice the last one counts; a name such as `__proto__` is one like any other.
 * @param node of a text without faults
 */
export function valueOf(node: Node): unknown {
  if (node.type === "array") return (node.children ?? []).map(valueOf);
  if (node.type !== "object") return node.value;
  return Object.fromEntries(
    (node.children ?? []).map(({ children }) => [children![0]!.value, valueOf(children![1]!)]),
  );
}

/**
 * Whether two values are the same; the order of names does not count.
 * @param one any value of JSON or TOML
 * @param other any other
 */
export function isSame(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((entry, index) => isSame(entry, other[index]));
  }
  if (one instanceof Date && other instanceof Date) return one.getTime() === other.getTime();
  if (!isObject(one) || !isObject(other)) return Object.is(one, other);
  const names = Object.keys(one);
  return names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && isSame(one[name], other[name]));
}
