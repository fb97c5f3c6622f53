/**
 * A JSON text as a tree whose nodes know their offsets: for edits that leave the rest of the text alone, and for
 * errors that name line and column. jsonc-parser is loaded when first needed: an ordinary start needs neither.
 */
import type { Node, ParseError } from "jsonc-parser";

export type { Node };

/** Property names and array indexes, outermost first. */
export type JsonPath = readonly (string | number)[];

/** By the numbers of jsonc-parser's `ParseErrorCode`, a const enum that a type-only import cannot reach. */
const FAULTS: readonly string[] = [
  "",
  "this is no JSON value",
  "this number is not written as JSON wants it",
  "a property name in double quotes is expected; is there a comma too many before it?",
  "a value is expected; is there a comma too many before it?",
  "a colon is expected",
  "a comma is expected",
  "a closing brace is missing",
  "a closing bracket is missing",
  "nothing may follow the closing brace",
  "comments are not allowed in JSON",
  "comments are not allowed in JSON",
  "a closing quote is missing",
  "this number is not complete",
  "a \\u escape needs four hexadecimal digits",
  "no such escape; a backslash itself is written twice",
  "control characters in a string are written as escapes",
];

const STRICT = { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false };
const WITH_COMMENTS = { ...STRICT, disallowComments: false, allowTrailingComma: true };

/** What is wrong with a text that is not JSON. */
export interface Fault {
  /** Never holds a piece of the text, which may be a secret. */
  message: string;
  offset: number;
  /** The object or list that it is in. */
  path: JsonPath;
}

/**
 * Parses a text that is known to be JSON.
 * @param text JSON, nested no deeper than the call stack bears
 * @returns its root
 */
export async function parseTree(text: string): Promise<Node> {
  const { parseTree } = await import("jsonc-parser");
  return parseTree(text, [], STRICT)!;
}

/**
 * Parses JSON in which comments and a comma after the last member are allowed.
 * @param text any text, nested no deeper than the call stack bears
 * @returns its root, or the first fault
 */
export async function parseTreeWithComments(text: string): Promise<Node | Fault> {
  const { parseTree } = await import("jsonc-parser");
  const faults: ParseError[] = [];
  const root = parseTree(text, faults, WITH_COMMENTS);
  return root && faults.length === 0 ? root : faultOf(faults[0], root);
}

/**
 * Finds the first fault of a text that is not JSON.
 * @param text what `JSON.parse` refused
 * @returns what is wrong, where, and inside which object or list
 */
export async function findFault(text: string): Promise<Fault> {
  const { parseTree } = await import("jsonc-parser");
  const faults: ParseError[] = [];
  let root: Node | undefined;
  try {
    root = parseTree(text, faults, STRICT);
  } catch {
    // It recurses, and in a broken text a quote in a comment can hide from our check how deep it has to go.
  }
  return faultOf(faults[0], root);
}

function faultOf(first: ParseError | undefined, root: Node | undefined): Fault {
  const offset = first?.offset ?? 0;
  const message = (first && FAULTS[first.error]) || "this is not JSON";
  return { message, offset, path: root ? pathTo(root, offset) : [] };
}

/**
 * The node at a path, or the nearest one above it that there is.
 * @param root where the path starts
 * @param path any path
 * @returns the node, and how many steps of the path it took to reach it
 */
export function nearestNode(
  root: Node,
  path: readonly PropertyKey[],
): { node: Node; steps: number } {
  let node = root;
  for (const [steps, step] of path.entries()) {
    const next = child(node, step);
    if (!next) return { node, steps };
    node = next;
  }
  return { node, steps: path.length };
}

/**
 * The node at a path.
 * @param root where the path starts
 * @param path any path
 * @returns the node, or undefined if there is none
 */
export function nodeAt(root: Node, path: JsonPath): Node | undefined {
  const { node, steps } = nearestNode(root, path);
  return steps === path.length ? node : undefined;
}

/**
 * Turns an offset into what an editor shows.
 * @param text the text that the offset is in
 * @param offset in UTF-16 units from the start
 * @returns line and column, both from 1
 */
export function positionOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

/** Of a name that is given twice the last one counts, as for `JSON.parse` and the Go program. */
function child(node: Node, step: PropertyKey): Node | undefined {
  if (node.type === "array" && typeof step === "number") return node.children?.[step];
  if (node.type !== "object") return undefined;
  return node.children?.findLast((property) => property.children?.[0]?.value === step)?.children
    ?.[1];
}

/** The path of the innermost object or list around an offset. */
function pathTo(root: Node, offset: number): JsonPath {
  const path: (string | number)[] = [];
  let node: Node | undefined = root;
  while (node) {
    const around: Node | undefined = node.children?.find((entry) =>
      entry.offset < offset && offset < entry.offset + entry.length
    );
    const value: Node | undefined = around?.type === "property" ? around.children?.[1] : around;
    if (!around || !value?.children) return path;
    path.push(
      around.type === "property" ? around.children![0]!.value : node.children!.indexOf(around),
    );
    node = value;
  }
  return path;
}

/**
 * Tells how deep a JSON text nests, without recursion itself.
 * @param text any text
 * @param limit levels of objects and lists
 * @returns true if there are more levels
 */
export function isDeeperThan(text: string, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let offset = 0; offset < text.length; offset++) {
    const character = text[offset]!;
    if (inString && character === "\\") offset++;
    else if (character === '"') inString = !inString;
    // No string of valid JSON goes beyond its line, and in a broken text one must not hide what follows.
    else if (character === "\n" || character === "\r") inString = false;
    else if (inString) continue;
    else if (character === "[" || character === "{") depth++;
    else if (character === "]" || character === "}") depth--;
    if (depth > limit) return true;
  }
  return false;
}
