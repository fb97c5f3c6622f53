/**
 * Changes to the text of a JSON file that leave everything else as it is, byte for byte: unknown fields, the order
 * of keys, the spelling of numbers, indentation and line ends. jsonc-parser's own `modify` formats every line that
 * it touches anew, which in a file of one line is the whole file; so only its tree is used.
 */
import { isObject } from "../json_object.ts";
import { indentAt, layoutOf, render } from "./json_layout.ts";
import { type JsonPath, type Node, nodeAt, parseTree } from "./json_tree.ts";
import { isSame } from "./json_value.ts";

/**
 * Sets a value, changing no more of the text than differs from it.
 * @param text valid JSON
 * @param path where; everything above its last step must exist
 * @param value any JSON value; members of an object that it lacks are removed
 * @returns the new text
 */
export async function setValue(text: string, path: JsonPath, value: unknown): Promise<string> {
  const node = nodeAt(await parseTree(text), path);
  if (!node) return await insert(text, path.slice(0, -1), value, path.at(-1));
  const before: unknown = JSON.parse(source(text, node));
  if (!isObject(before) || !isObject(value)) {
    return isSame(before, value) ? text : replace(text, node, value);
  }
  let result = text;
  for (const name of Object.keys(before)) {
    if (!Object.hasOwn(value, name)) result = await removeValue(result, [...path, name]);
  }
  for (const [name, member] of Object.entries(value)) {
    if (Object.hasOwn(before, name) && isSame(before[name], member)) continue;
    result = await setValue(result, [...path, name], member);
  }
  return result;
}

/**
 * Adds a value to the end of a list.
 * @param text valid JSON
 * @param path the list, which must exist
 * @param value any JSON value
 * @returns the new text
 */
export async function appendValue(text: string, path: JsonPath, value: unknown): Promise<string> {
  return await insert(text, path, value, undefined);
}

/**
 * Removes a member of an object or list, all of it if its name is given more than once.
 * @param text valid JSON
 * @param path the member
 * @returns the new text
 */
export async function removeValue(text: string, path: JsonPath): Promise<string> {
  const node = nodeAt(await parseTree(text), path);
  if (!node) return text;
  const member = node.parent?.type === "property" ? node.parent : node;
  const { offset, length, children = [] } = member.parent!;
  const index = children.indexOf(member);
  const [start, end] = children.length === 1
    ? [offset + 1, offset + length - 1]
    : index === 0
    ? [member.offset, children[1]!.offset]
    : [endOf(children[index - 1]!), endOf(member)];
  const result = text.slice(0, start) + text.slice(end);
  return typeof path.at(-1) === "string" ? await removeValue(result, path) : result;
}

async function insert(
  text: string,
  path: JsonPath,
  value: unknown,
  name: string | number | undefined,
): Promise<string> {
  const container = nodeAt(await parseTree(text), path);
  if (!container?.children) throw new Error(`there is no list or object at ${path.join(".")}`);
  const { offset, length, children } = container;
  const layout = layoutOf(text, container);
  const key = name === undefined ? "" : `${JSON.stringify(name)}:${layout.afterColon}`;
  const addition = key + render(value, layout);
  const last = children.at(-1);
  if (last) {
    const separator = layout.lineBreak || (layout.afterColon && " ");
    return splice(text, endOf(last), endOf(last), `,${separator}${addition}`);
  }
  const closing = layout.lineBreak && layout.endOfLine + indentAt(text, offset);
  return splice(text, offset + 1, offset + length - 1, layout.lineBreak + addition + closing);
}

function replace(text: string, node: Node, value: unknown): string {
  const layout = layoutOf(
    text,
    node.parent?.type === "property" ? node.parent.parent! : node.parent,
  );
  return splice(text, node.offset, endOf(node), render(value, layout));
}

function endOf(node: Node): number {
  return node.offset + node.length;
}

function source(text: string, node: Node): string {
  return text.slice(node.offset, endOf(node));
}

function splice(text: string, start: number, end: number, addition: string): string {
  return text.slice(0, start) + addition + text.slice(end);
}
