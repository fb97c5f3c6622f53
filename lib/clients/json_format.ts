/**
 * Settings in JSON, with comments or without. Edited as text: everything else stays as it is, byte for byte, comments where
 * they stand included.
 */
import type { JSONScanner } from "jsonc-parser";
import { isObject } from "../json_object.ts";
import { indentAt, type Layout, layoutOf, render } from "../config/json_layout.ts";
import {
  findFault,
  isDeeperThan,
  type Node,
  nodeAt,
  parseTreeWithComments,
} from "../config/json_tree.ts";
import { isSame, valueOf } from "../config/json_value.ts";
import { deepest, faultIn, type SettingsFormat } from "./format.ts";

// By the numbers of jsonc-parser's `SyntaxKind`, a const enum that a type-only import cannot reach.
const comma = 5;
const lineComment = 12;
const blockComment = 13;
const lineBreak = 14;
const blank = 15;

/** One edit of a text: what stands between two offsets becomes something else. */
interface Splice {
  start: number;
  end: number;
  text: string;
}

/** What lies between two tokens. */
interface Gap {
  pieces: { kind: number; start: number; end: number }[];
  /** The token after it. */
  next: { kind: number; start: number; end: number };
}

/**
 * Makes the editor.
 * @param hasComments false for a client that reads strict JSON: what it could not read itself is refused
 */
export function jsonFormat(hasComments: boolean): SettingsFormat {
  return {
    async parse(text, file) {
      if (text.trim() === "") return {};
      if (isDeeperThan(text, deepest)) {
        throw faultIn(file, `nested deeper than ${deepest} levels`, text, 0);
      }
      const fault = hasComments || isStrict(text) ? undefined : await findFault(text);
      if (fault) throw faultIn(file, fault.message, text, fault.offset);
      const root = await parseTreeWithComments(text);
      if ("message" in root) throw faultIn(file, root.message, text, root.offset);
      const value = valueOf(root);
      if (isObject(value)) return value;
      throw faultIn(file, "expected an object in braces", text, root.offset);
    },

    async set(text, table, name, entry, mode) {
      if (text.trim() === "") return `${pretty({ [table]: { [name]: entry } })}\n`;
      const root = await treeOf(text);
      const servers = nodeAt(root, [table]);
      if (!servers) return await insert(text, root, table, { [name]: entry });
      const before = nodeAt(servers, [name]);
      if (!before) return await insert(text, servers, name, entry);
      if (mode === "replace" || before.type !== "object") return replace(text, before, entry);
      let result = text;
      for (const [field, value] of Object.entries(entry)) {
        const own = nodeAt(await treeOf(result), [table, name])!;
        const member = nodeAt(own, [field]);
        if (!member) result = await insert(result, own, field, value);
        else if (!isSame(valueOf(member), value)) result = replace(result, member, value);
      }
      return result;
    },

    async remove(text, table, name) {
      let result = text;
      for (;;) {
        const member = nodeAt(await treeOf(result), [table, name])?.parent;
        if (!member) return result;
        result = await remove(result, member);
      }
    },

    example: (table, name, entry) => pretty({ [table]: { [name]: entry } }),
  };
}

function isStrict(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

/** Of a text that was parsed before. */
async function treeOf(text: string): Promise<Node> {
  const root = await parseTreeWithComments(text);
  if ("message" in root) throw new Error(root.message);
  return root;
}

async function insert(
  text: string,
  container: Node,
  name: string,
  value: unknown,
): Promise<string> {
  const layout = roomyLayout(text, container);
  const member = `${JSON.stringify(name)}:${layout.afterColon}${render(value, layout)}`;
  const last = container.children?.at(-1);
  const splices = last
    ? await afterLast(text, last, layout, member)
    : [await asOnly(text, container, layout, member)];
  return spliced(text, splices);
}

/** Where the file holds nothing yet, its layout is ours to choose. */
function roomyLayout(text: string, container: Node): Layout {
  const layout = layoutOf(text, container);
  const isEmptyFile = !container.parent && !container.children?.length && layout.lineBreak === "";
  return isEmptyFile ? { ...layout, lineBreak: layout.endOfLine + layout.step } : layout;
}

/** A comment that follows the last member on its line goes on belonging to it. */
async function afterLast(
  text: string,
  last: Node,
  layout: Layout,
  member: string,
): Promise<Splice[]> {
  const scanner = await scannerOf(text);
  const end = endOf(last);
  let gap = gapAfter(scanner, end);
  const hasComma = gap.next.kind === comma;
  let at = end;
  if (hasComma) {
    at = gap.next.end;
    gap = gapAfter(scanner, at);
  }
  let separator = layout.lineBreak || (layout.afterColon && " ");
  for (const { kind, end } of gap.pieces) {
    if (kind === lineBreak) break;
    if (kind === blank) continue;
    at = end;
    if (kind === lineComment) separator = layout.lineBreak || layout.endOfLine;
  }
  return [
    ...hasComma ? [] : [{ start: end, end, text: "," }],
    { start: at, end: at, text: separator + member + (hasComma ? "," : "") },
  ];
}

async function asOnly(
  text: string,
  container: Node,
  layout: Layout,
  member: string,
): Promise<Splice> {
  const start = container.offset + 1;
  const inside = text.slice(start, endOf(container) - 1);
  const closing = layout.lineBreak && layout.endOfLine + indentAt(text, container.offset);
  if (inside.trim() === "" && !inside.includes("\n")) {
    return { start, end: start + inside.length, text: layout.lineBreak + member + closing };
  }
  // There may be comments: ours comes after them.
  const { pieces } = gapAfter(await scannerOf(text), start);
  const at = pieces.findLast(({ kind }) => kind === lineComment || kind === blockComment);
  const place = at?.end ?? start;
  const separator = layout.lineBreak || layout.endOfLine;
  const rest = text.slice(place, endOf(container) - 1);
  return {
    start: place,
    end: place,
    text: separator + member + (rest.includes("\n") ? "" : closing),
  };
}

function replace(text: string, node: Node, value: unknown): string {
  const container = node.parent?.type === "property" ? node.parent.parent : node.parent;
  const layout = layoutOf(text, container);
  return spliced(text, [{ start: node.offset, end: endOf(node), text: render(value, layout) }]);
}

/** Takes a member away with its comma and the blanks before it; comments stay. */
async function remove(text: string, member: Node): Promise<string> {
  const scanner = await scannerOf(text);
  const siblings = member.parent!.children!;
  const previous = siblings[siblings.indexOf(member) - 1];
  const after = gapAfter(scanner, endOf(member)).next;
  const opening = member.parent!.offset + 1;
  const before = gapAfter(scanner, previous ? endOf(previous) : opening);
  const commaBefore = previous ? before.next : undefined;
  // The comma after ours goes, else the one before it.
  const end = after.kind === comma ? after.end : endOf(member);
  const lead = commaBefore ? gapAfter(scanner, commaBefore.end) : before;
  const lastComment = lead.pieces.findLast(({ kind }) =>
    kind === lineComment || kind === blockComment
  );
  let start = lastComment?.end ?? commaBefore?.end ?? opening;
  // What follows must not end up in a comment.
  const followsOnLine = !/^[ \t]*\r?\n/.test(text.slice(end));
  if (lastComment?.kind === lineComment && followsOnLine) start = member.offset;
  const splices: Splice[] = [{ start, end, text: "" }];
  if (commaBefore && after.kind !== comma) {
    splices.unshift({ start: commaBefore.start, end: commaBefore.end, text: "" });
  }
  // Nothing is left of what was in there.
  const close = endOf(member.parent!) - 1;
  const isOnly = siblings.length === 1 && start === opening;
  if (isOnly && text.slice(end, close).trim() === "") splices[0]!.end = close;
  return spliced(text, splices);
}

function spliced(text: string, splices: readonly Splice[]): string {
  let result = "";
  let at = 0;
  for (const { start, end, text: addition } of splices) {
    result += text.slice(at, start) + addition;
    at = end;
  }
  return result + text.slice(at);
}

async function scannerOf(text: string): Promise<JSONScanner> {
  const { createScanner } = await import("jsonc-parser");
  return createScanner(text, false);
}

function gapAfter(scanner: JSONScanner, offset: number): Gap {
  scanner.setPosition(offset);
  const pieces: Gap["pieces"] = [];
  for (;;) {
    const kind: number = scanner.scan();
    const start = scanner.getTokenOffset();
    const piece = { kind, start, end: start + scanner.getTokenLength() };
    if (kind < lineComment || kind > blank) return { pieces, next: piece };
    pieces.push(piece);
  }
}

function endOf(node: Node): number {
  return node.offset + node.length;
}
