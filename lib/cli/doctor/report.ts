/** What the doctor tells: for people and for programs, without secrets. */
import { operatingSystem } from "../../platform.ts";
import { type Colour, coloured, printable } from "../text.ts";
import type { Check, Verdict } from "./check.ts";
import type { Examination } from "./examine.ts";
import type { Mended } from "./fix.ts";

/** The answer for programs; `docs/doctor.md` describes it. */
export interface Report {
  /** Of this program. */
  version: string;
  /** `linux`, `darwin` or `windows`. */
  system: string;
  config_file: string | null;
  data_directory: string | null;
  /** True if nothing has failed. */
  ok: boolean;
  counts: Record<Verdict, number>;
  /** What `--fix` has done or tried; empty without it. */
  fixed: Mended[];
  checks: Check[];
}

/** Anything shorter would take ordinary words out of what is shown. */
const shortestSecret = 6;

/**
 * Makes the report.
 * @param found by the last examination
 * @param fixed by `--fix`
 * @param version of this program
 * @returns the report, secrets taken out of every text
 */
export function reportOf(found: Examination, fixed: readonly Mended[], version: string): Report {
  const counts = { ok: 0, warning: 0, failure: 0, skipped: 0 };
  for (const { verdict } of found.checks) counts[verdict]++;
  const secrets = found.secrets.filter((secret) => secret.length >= shortestSecret);
  // Only texts: a secret that is a word of ours must not take it out of the fields that programs branch on.
  const clean = (text: string) =>
    secrets.reduce((rest, secret) => rest.replaceAll(secret, "[redacted]"), text);
  const cleanOrNull = (text: string | null) => text === null ? null : clean(text);
  return {
    version,
    system: operatingSystem,
    config_file: cleanOrNull(found.configFile),
    data_directory: cleanOrNull(found.dataDirectory),
    ok: counts.failure === 0,
    counts,
    fixed: fixed.map((mended) => ({
      ...mended,
      path: clean(mended.path),
      note: cleanOrNull(mended.note),
    })),
    checks: found.checks.map((check) => ({
      ...check,
      evidence: check.evidence.map(clean),
      mend: cleanOrNull(check.mend),
    })),
  };
}

const colours: Record<Verdict, Colour> = {
  ok: "green",
  warning: "yellow",
  failure: "red",
  skipped: "grey",
};
const indent = " ".repeat(9);

/**
 * The report for people.
 * @param report as {@linkcode reportOf} makes it
 * @param mendable whether `--fix` would mend something
 * @returns lines, without a newline at the end
 */
export function textOf({ version, fixed, checks, counts }: Report, mendable: boolean): string {
  return [
    `mcpproxy doctor ${version}`,
    "",
    ...fixed.map(mendedLine),
    ...fixed.length > 0 ? [""] : [],
    ...checks.filter(({ verdict }) => verdict !== "skipped").flatMap(checkLines),
    ...skippedLines(checks),
    "",
    summary(counts),
    ...mendable ? ["Some of it can be mended by: mcpproxy doctor --fix"] : [],
  ].join("\n");
}

/**
 * What was done, in one line.
 * @param mended what
 */
export function mendedLine({ path, before, after, note }: Mended): string {
  const line = after === null
    ? `not mended: ${path}: ${before}`
    : `mended: ${path}: ${before}; now ${after}`;
  return printable(note === null ? line : `${line} (${note})`);
}

function checkLines(check: Check): string[] {
  const { verdict, evidence, mend } = check;
  const [first = "", ...more] = evidence.map(printable);
  return [
    `${coloured(colours[verdict], verdict.padEnd(7))}  ${printable(nameOf(check))}: ${first}`,
    ...more.map((line) => `${indent}${line}`),
    ...mend === null ? [] : [`${indent}→ ${printable(mend)}`],
  ];
}

/** One line for each reason: a core that does not run is one fact, and not twelve. */
function skippedLines(checks: readonly Check[]): string[] {
  const skipped = checks.filter(({ verdict }) => verdict === "skipped");
  const byReason = Map.groupBy(skipped, ({ evidence }) => evidence.join("; "));
  return [...byReason].map(([reason, those]) => {
    const names = [...new Set(those.map(nameOf))].join(", ");
    return coloured("grey", printable(`skipped  ${names}: ${reason}`));
  });
}

function nameOf({ subject, title }: Check): string {
  return subject === null ? title : `${title} (${subject})`;
}

function summary(counts: Report["counts"]): string {
  const parts = [
    counts.failure > 0 && plural(counts.failure, "failure"),
    counts.warning > 0 && plural(counts.warning, "warning"),
  ].filter((part) => part !== false);
  const rest = `${counts.ok} ok, ${counts.skipped} skipped`;
  return `${parts.length === 0 ? "Nothing is wrong" : parts.join(", ")}; ${rest}.`;
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
