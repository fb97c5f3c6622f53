/** How a JSON text is laid out, so that what is added to it looks like what is there. */
import type { Node } from "./json_tree.ts";

/** How a container's members are laid out. */
export interface Layout {
  /** What stands before each member: a line end and the indentation, or nothing where all is on one line. */
  lineBreak: string;
  endOfLine: string;
  /** One step of indentation. */
  step: string;
  afterColon: "" | " ";
}

/**
 * Finds out how new members of a container are to be laid out: by the members that are there, and for an empty
 * container by the root's.
 * @param text JSON, or JSON with comments
 * @param container an object or list of it; undefined for the text as a whole
 * @returns the layout
 */
export function layoutOf(text: string, container: Node | undefined): Layout {
  const endOfLine = text.includes("\r\n") ? "\r\n" : "\n";
  const step = /\n([ \t]+)\S/.exec(text)?.[1] ?? "  ";
  const afterColon = /":\S/.test(text) && !/":\s/.test(text) ? "" : " ";
  const first = container?.children?.[0];
  const before = first ? text.slice(container!.offset, first.offset) : text.trim();
  if (!container || !before.includes("\n")) return { lineBreak: "", endOfLine, step, afterColon };
  const indent = first ? indentAt(text, first.offset) : indentAt(text, container.offset) + step;
  return { lineBreak: endOfLine + indent, endOfLine, step, afterColon };
}

/**
 * Writes a value as a member of a container would be written.
 * @param value any JSON value
 * @param layout of the container
 * @returns its text, without name
 */
export function render(value: unknown, { lineBreak, step }: Layout): string {
  if (lineBreak === "") return JSON.stringify(value);
  return JSON.stringify(value, null, step).replaceAll("\n", lineBreak);
}

/**
 * The blanks with which the line of an offset begins.
 * @param text any text
 * @param offset within it
 */
export function indentAt(text: string, offset: number): string {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(start, offset))![0];
}
