/**
 * Settings in TOML 1.1 (https://toml.io/en/v1.1.0). A parser that knows where everything stands tells where our entry is;
 * the text is edited by hand, so that comments, order and blanks stay as they are.
 */
import type { AST } from "toml-eslint-parser";
import { isObject } from "../json_object.ts";
import { ConfigError } from "../config/error.ts";
import { isSame } from "../config/json_value.ts";
import type { Entry } from "./entry.ts";
import { faultIn, type SettingsFormat } from "./format.ts";

/** A part of the text, without its end. */
type Range = [start: number, end: number];

/** Where an entry stands. */
interface Places {
  /** Tables and key-value pairs on lines of their own. */
  lines: (AST.TOMLTable | AST.TOMLKeyValue)[];
  /** Pairs within `table = { … }`. */
  inline: AST.TOMLKeyValue[];
  /** The values of the entry's fields. */
  fields: Map<string, AST.TOMLContentNode>;
  /** The table of all entries, where it is written `table = { … }`. */
  servers: AST.TOMLInlineTable | undefined;
}

/** The editor. */
export const tomlFormat: SettingsFormat = {
  async parse(text, file) {
    const { getStaticTOMLValue, ParseError } = await import("toml-eslint-parser");
    try {
      const value: unknown = getStaticTOMLValue(await parse(text));
      if (isObject(value)) return value;
    } catch (error) {
      if (error instanceof ParseError) {
        throw faultIn(file, lowered(error.message), text, error.index);
      }
      if (!(error instanceof RangeError)) throw error;
    }
    throw new ConfigError(`${file} is nested too deep`, {
      next: "Check that this is the right file.",
    });
  },

  async set(text, table, name, entry, mode) {
    const { fields } = placesOf(await parse(text), table, name);
    if (fields.size === 0) return await insert(text, table, name, entry);
    if (mode === "replace" || !Object.keys(entry).every((field) => fields.has(field))) {
      return await insert(await tomlFormat.remove(text, table, name), table, name, entry);
    }
    const { getStaticTOMLValue } = await import("toml-eslint-parser");
    const changes = Object.entries(entry)
      .filter(([field, value]) => !isSame(getStaticTOMLValue(fields.get(field)!), value))
      .map(([field, value]) => ({ range: fields.get(field)!.range, text: tomlValue(value) }))
      .sort((one, other) => other.range[0] - one.range[0]);
    return changes.reduce((before, { range, text }) => spliced(before, range, text), text);
  },

  async remove(text, table, name) {
    const program = await parse(text);
    const { lines, inline } = placesOf(program, table, name);
    const ranges = [
      ...lines.map(({ range }) => wholeLines(text, range)),
      ...inline.map((pair) => inlineRange(pair)),
    ];
    const [first] = inline;
    if (first && program.comments.some(({ range }) => isWithin(range, inlineRange(first)))) {
      throw new ConfigError(`there are comments within "${table} = { … }"`, {
        next: `Remove the entry "${name}" by hand.`,
      });
    }
    return ranges.sort((one, other) => other[0] - one[0])
      .reduce((before, range) => spliced(before, range, ""), text);
  },

  example: block,
};

async function parse(text: string): Promise<AST.TOMLProgram> {
  const { parseTOML } = await import("toml-eslint-parser");
  return parseTOML(text, { tomlVersion: "1.1" });
}

function placesOf(program: AST.TOMLProgram, table: string, name: string): Places {
  const places: Places = { lines: [], inline: [], fields: new Map(), servers: undefined };
  const { lines } = places;
  const isOurs = (path: readonly unknown[]) => path[0] === table && path[1] === name;
  const note = (path: readonly unknown[], value: AST.TOMLContentNode) => {
    if (path.length === 3) places.fields.set(String(path[2]), value);
    if (path.length !== 2 || value.type !== "TOMLInlineTable") return;
    for (const pair of value.body) {
      const keys = keysOf(pair);
      if (keys.length === 1) places.fields.set(keys[0]!, pair.value);
    }
  };
  const visit = (above: readonly unknown[], pair: AST.TOMLKeyValue, found: AST.TOMLKeyValue[]) => {
    const path = [...above, ...keysOf(pair)];
    if (isOurs(path)) {
      found.push(pair);
      note(path, pair.value);
    } else if (path.length === 1 && path[0] === table && pair.value.type === "TOMLInlineTable") {
      places.servers = pair.value;
      for (const inner of pair.value.body) visit(path, inner, places.inline);
    }
  };
  for (const node of program.body[0].body) {
    const pairs: AST.TOMLKeyValue[] = [];
    if (node.type === "TOMLKeyValue") {
      visit([], node, pairs);
      lines.push(...pairs);
    } else {
      for (const pair of node.body) visit(node.resolvedKey, pair, pairs);
      if (isOurs(node.resolvedKey)) lines.push(node);
      else lines.push(...pairs);
    }
  }
  return places;
}

function keysOf({ key }: AST.TOMLKeyValue): string[] {
  return key.keys.map((part) => part.type === "TOMLBare" ? part.name : part.value);
}

async function insert(text: string, table: string, name: string, entry: Entry): Promise<string> {
  const { servers } = placesOf(await parse(text), table, name);
  if (servers) return insertInline(text, servers, name, entry);
  // A table may stand anywhere, so it goes to the end, where it takes nothing from the table before it.
  const endOfLine = text.includes("\r\n") ? "\r\n" : "\n";
  const separator = text === "" ? "" : text.endsWith("\n") ? endOfLine : endOfLine.repeat(2);
  return text + separator + block(table, name, entry).replaceAll("\n", endOfLine) + endOfLine;
}

function insertInline(
  text: string,
  servers: AST.TOMLInlineTable,
  name: string,
  entry: Entry,
): string {
  const fields = Object.entries(entry).map(([field, value]) => `${field} = ${tomlValue(value)}`);
  const pair = `${name} = { ${fields.join(", ")} }`;
  const last = servers.body.at(-1);
  const [start, end] = servers.range;
  return last
    ? spliced(text, [last.range[1], last.range[1]], `, ${pair}`)
    : spliced(text, [start + 1, end - 1], ` ${pair} `);
}

function block(table: string, name: string, entry: Entry): string {
  const fields = Object.entries(entry).map(([field, value]) => `${field} = ${tomlValue(value)}`);
  return [`[${table}.${name}]`, ...fields].join("\n");
}

/** A basic string is written as in JSON, but for the one control character that JSON leaves alone. */
function tomlValue(value: string | readonly string[]): string {
  if (typeof value !== "string") return `[${value.map(tomlValue).join(", ")}]`;
  return JSON.stringify(value).replaceAll("\u007f", "\\u007F");
}

/** With the comment at its end and, where it stood alone, the blank line before it. */
function wholeLines(text: string, [from, to]: Range): Range {
  let start = text.lastIndexOf("\n", from - 1) + 1;
  const newline = text.indexOf("\n", to);
  const end = newline < 0 ? text.length : newline + 1;
  const blankBefore = /(?:^|\n)(\r?\n)$/.exec(text.slice(0, start))?.[1];
  const isAlone = end === text.length || /^\r?\n/.test(text.slice(end));
  if (blankBefore !== undefined && isAlone) start -= blankBefore.length;
  return [start, end];
}

/** With the comma that it leaves without use. */
function inlineRange(pair: AST.TOMLKeyValue): Range {
  const siblings = (pair.parent as AST.TOMLInlineTable).body;
  const index = siblings.indexOf(pair);
  const previous = siblings[index - 1];
  const next = siblings[index + 1];
  if (previous) return [previous.range[1], pair.range[1]];
  if (next) return [pair.range[0], next.range[0]];
  const [start, end] = pair.parent.range;
  return [start + 1, end - 1];
}

function isWithin(inner: Range, outer: Range): boolean {
  return inner[0] >= outer[0] && inner[1] <= outer[1];
}

function spliced(text: string, [start, end]: Range, addition: string): string {
  return text.slice(0, start) + addition + text.slice(end);
}

function lowered(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
