/** Pieces of what commands show to people. */
import { printable, printableLines } from "../printable.ts";

export { printable, printableLines };

/**
 * The first line of a description, for a table.
 * @param text of any length
 * @returns it up to the first end of a line; empty if it has none
 */
export function firstLine(text: string): string {
  return printable(text.trim().split("\n", 1)[0] ?? "");
}

/**
 * Names and what they stand for, one a line, in two columns.
 * @param facts from top to bottom; those without a value are left out
 * @returns the lines, indented, without control characters
 */
export function factLines(facts: readonly (readonly [name: string, value: string])[]): string[] {
  const shown = facts.filter(([, value]) => value !== "");
  const width = Math.max(...shown.map(([name]) => name.length), 0);
  return shown.map(([name, value]) => `  ${printable(name).padEnd(width)}  ${printable(value)}`);
}

/**
 * A time span in the unit that a person would use.
 * @param seconds how long, in whole seconds
 * @returns such as `90 s`, `5 min`, `3 h` or `12 days`
 */
export function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}

/** The colours that a verdict or a state can have. */
export type Colour = "green" | "yellow" | "red" | "grey";

const codes: Record<Colour, number> = { green: 32, yellow: 33, red: 31, grey: 90 };

/**
 * Colours a text, if standard output is a terminal and NO_COLOR is not set (https://no-color.org).
 * @param colour which
 * @param text without control characters
 * @returns the text, with the escapes of ECMA-48 8.3.117 around it where they are wanted
 */
export function coloured(colour: Colour, text: string): string {
  const wanted = Deno.stdout.isTerminal() && !Deno.env.get("NO_COLOR");
  return wanted ? `\u001b[${codes[colour]}m${text}\u001b[39m` : text;
}
