/** Tables that fit the terminal. */
import { type Colour, coloured, printable } from "./text.ts";

/** One column. */
export interface Column<Row> {
  title: string;
  /** What stands in it; control characters are taken out. */
  text: (row: Row) => string;
  colour?: (row: Row) => Colour | undefined;
  /** True for names, which are of use only as a whole: never cut. */
  whole?: boolean;
}

const gap = "  ";
const narrowest = 8;

/**
 * Draws a table. On a terminal that is too narrow the widest columns are cut, with an ellipsis; elsewhere nothing is.
 * @param rows in the order in which they are shown
 * @param columns from left to right
 * @returns the lines, without a newline at the end
 */
export async function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
): Promise<string> {
  const cells = rows.map((row) => columns.map(({ text }) => printable(text(row))));
  const titles = columns.map(({ title }) => title);
  const measure = await measureFor(cells);
  const natural = columns.map((_, at) =>
    Math.max(...[titles, ...cells].map((line) => measure.width(line[at]!)))
  );
  const widths = fitted(
    natural,
    columns.map(({ whole }) => whole === true),
    terminalWidth() - gap.length * (columns.length - 1),
  );
  const line = (texts: readonly string[], colour: (at: number) => Colour | undefined) =>
    texts.map((text, at) => {
      const shown = measure.cut(text, widths[at]!);
      const padding = " ".repeat(widths[at]! - measure.width(shown));
      const wanted = colour(at);
      return (wanted ? coloured(wanted, shown) : shown) + padding;
    }).join(gap).trimEnd();
  return [
    line(titles, () => "grey"),
    ...rows.map((row, at) => line(cells[at]!, (column) => columns[column]!.colour?.(row))),
  ].join("\n");
}

function terminalWidth(): number {
  if (!Deno.stdout.isTerminal()) return Infinity;
  try {
    return Deno.consoleSize().columns || Infinity;
  } catch {
    return Infinity; // it has none
  }
}

/** Takes from the widest column that may be cut until all fit, but leaves each a few characters. */
function fitted(natural: readonly number[], whole: readonly boolean[], room: number): number[] {
  const widths = [...natural];
  const total = () => widths.reduce((sum, width) => sum + width, 0);
  while (total() > room) {
    const widest = Math.max(...widths.filter((_, at) => !whole[at]));
    if (widest <= narrowest) return widths;
    widths[widths.findIndex((width, at) => width === widest && !whole[at])] = widest - 1;
  }
  return widths;
}

interface Measure {
  /** How many cells of a terminal a text takes. */
  width(text: string): number;
  /** The text, or as much of it as fits before an ellipsis. */
  cut(text: string, width: number): string;
}

/** Only where there is more than ASCII do characters and cells differ, and the library that knows is loaded. */
async function measureFor(cells: readonly string[][]): Promise<Measure> {
  const isAscii = cells.every((line) => line.every((text) => /^[\x20-\x7e]*$/.test(text)));
  if (isAscii) {
    return {
      width: (text) => text.length,
      cut: (text, width) => text.length <= width ? text : `${text.slice(0, width - 1)}…`,
    };
  }
  const { default: truncated } = await import("fast-string-truncated-width");
  return {
    width: (text) => truncated(text).width,
    cut: (text, width) => {
      if (truncated(text).width <= width) return text;
      return `${text.slice(0, truncated(text, { limit: width - 1 }).index)}…`;
    },
  };
}
