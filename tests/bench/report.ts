/** The table of figures, and the file that holds it. */

/** One figure: what a floor takes, what we take, and what we allow ourselves. */
export interface Row {
  what: string;
  floor: string;
  ours: string;
  /** Their ratio or difference. */
  comparison: string;
  target: string;
  /** Whether the target was met; null where there is none. */
  met: boolean | null;
}

/** What one file of this folder measures. */
export interface Measurement {
  title: string;
  /** How it is measured, for a reader who wants to judge the figures. */
  how: string;
  rows: Row[];
  /** What was seen besides. */
  notes: string[];
}

/**
 * A row whose target bounds a ratio or a difference.
 * @param what what is measured
 * @param floor the floor's median, and how it is written
 * @param ours our median
 * @param compare `ratio` divides by the floor, `difference` takes it off
 * @param bound what the comparison may not exceed, or must reach; none if it is only reported
 * @param unit how a figure is written
 */
export function row(
  what: string,
  floor: number,
  ours: number,
  compare: "ratio" | "difference",
  unit: (value: number) => string,
  bound?: { atMost: number } | { atLeast: number },
): Row {
  const compared = compare === "ratio" ? ours / floor : ours - floor;
  const write = (value: number) => compare === "ratio" ? `${value.toFixed(2)}×` : unit(value);
  const figures = { what, floor: unit(floor), ours: unit(ours), comparison: write(compared) };
  if (bound === undefined) return { ...figures, target: "", met: null };
  return "atMost" in bound
    ? { ...figures, target: `≤ ${write(bound.atMost)}`, met: compared <= bound.atMost }
    : { ...figures, target: `≥ ${write(bound.atLeast)}`, met: compared >= bound.atLeast };
}

/** A row without a floor. @param bound the limit, where there is one */
export function plainRow(
  what: string,
  ours: number,
  unit: (value: number) => string,
  bound?: { below: number },
): Row {
  const figures = { what, floor: "", ours: unit(ours), comparison: "" };
  return bound === undefined
    ? { ...figures, target: "", met: null }
    : { ...figures, target: `< ${unit(bound.below)}`, met: ours < bound.below };
}

/** Milliseconds. */
export const milliseconds = (value: number): string =>
  `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ms`;
/** Bytes, as MB. */
export const megabytes = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MB`;
/** Requests a second. */
export const perSecond = (value: number): string => `${Math.round(value).toLocaleString("en")}/s`;

/** The whole report as markdown. @param facts about the machine and the run, by name */
export function markdown(measurements: Measurement[], facts: Record<string, string>): string {
  const cell = (
    { what, floor, ours, comparison, target, met }: Row,
  ) => [what, floor, ours, comparison, target, met === null ? "" : met ? "met" : "**missed**"];
  const head = ["what", "floor", "ours", "compared", "target", "verdict"];
  const lines = [
    "# Benchmarks",
    "",
    "Written by `deno task bench`; run it to get the figures of your own machine. Each figure of ours stands beside a " +
    "floor that was measured in the same run, turn by turn, so that a slow or busy machine shows in both; both are " +
    "medians. The core is measured as it runs, `main.ts serve` in a process of its own with the flags of " +
    "`deno task serve`.",
    "",
    ...Object.entries(facts).map(([name, value]) => `- ${name}: ${value}`),
    "",
    ...tableLines([head, ...measurements.flatMap(({ rows }) => rows.map(cell))]),
    "",
    "## How it is measured",
    "",
    ...measurements.flatMap(({ title, how, notes }) => [
      `### ${title}`,
      "",
      how,
      "",
      ...notes.map((note) => `- ${note}`),
      "",
    ]),
  ];
  return lines.join("\n");
}

function tableLines([head = [], ...body]: string[][]): string[] {
  const widths = head.map((text, column) =>
    Math.max(text.length, ...body.map((cells) => (cells[column] ?? "").length))
  );
  const line = (cells: string[]) =>
    `| ${cells.map((text, column) => text.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)];
}
