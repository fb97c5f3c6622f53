/** Runs `mcpproxy doctor` and reads what it says. */
import assert from "node:assert/strict";
import { z } from "zod";
import { catalogue, type CheckId } from "../../../lib/cli/doctor/catalogue.ts";
import type { Sandbox } from "../../support/sandbox.ts";

const ids = Object.keys(catalogue) as [CheckId, ...CheckId[]];
const count = z.int().min(0);
const text = z.string().min(1);

/** The answer of `doctor --json`, field for field. */
const Report = z.strictObject({
  version: text,
  system: z.enum(["linux", "darwin", "windows"]),
  config_file: text.nullable(),
  data_directory: text.nullable(),
  ok: z.boolean(),
  counts: z.strictObject({ ok: count, warning: count, failure: count, skipped: count }),
  fixed: z.array(z.strictObject({
    id: z.enum(ids),
    path: text,
    before: text,
    after: text.nullable(),
    note: text.nullable(),
  })),
  checks: z.array(z.strictObject({
    id: z.enum(ids),
    subject: text.nullable(),
    title: text,
    verdict: z.enum(["ok", "warning", "failure", "skipped"]),
    evidence: z.array(text).min(1),
    mend: text.nullable(),
  })),
});

/** What the doctor found. */
export type Report = z.infer<typeof Report>;

/** Something that was found wrong: `data-directory`, `upstream-state of everything`, with a `?` if it is only a warning. */
export function faultsOf({ checks }: Pick<Report, "checks">): string[] {
  return checks.filter(({ verdict }) => verdict === "warning" || verdict === "failure")
    .map(({ id, subject, verdict }) =>
      `${id}${subject === null ? "" : ` of ${subject}`}${verdict === "warning" ? "?" : ""}`
    );
}

/** All that was seen and is to be done about one check, as lines. */
export function said({ checks }: Pick<Report, "checks">, id: CheckId, subject?: string): string {
  const found = checks.filter((check) =>
    check.id === id && (subject === undefined || check.subject === subject)
  );
  assert(found.length > 0, id);
  return found.flatMap(({ evidence, mend }) => [...evidence, ...mend === null ? [] : [mend]])
    .join("\n");
}

/**
 * Runs the doctor.
 * @param sandbox whose data directory
 * @param args more arguments
 * @param env more environment
 * @returns its report, whose form, counts and exit code have been checked
 */
export async function doctor(
  sandbox: Sandbox,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Report> {
  const all = ["doctor", "--json", "--data-dir", sandbox.dataDir, ...args];
  const { code, stdout, stderr } = await sandbox.run(all, { ...anyPort(sandbox, args), ...env });
  assert.equal(stderr, "");
  const report = Report.parse(JSON.parse(stdout));
  for (const [verdict, number] of Object.entries(report.counts)) {
    assert.equal(report.checks.filter((check) => check.verdict === verdict).length, number);
  }
  assert.equal(report.ok, report.counts.failure === 0);
  assert.equal(code, report.ok ? 0 : 1);
  const seen = new Set(report.checks.map(({ id }) => id));
  assert.deepEqual(ids.filter((id) => !seen.has(id)), [], "every check is reported");
  const broken = report.checks.filter(({ verdict }) =>
    verdict === "warning" || verdict === "failure"
  );
  assert(broken.every(({ mend }) => mend !== null), "each fault has its mend");
  return report;
}

/** Where no port is set on purpose: the usual one may be held by whatever else runs on this machine. */
export function anyPort(sandbox: Sandbox, args: readonly string[] = []): Record<string, string> {
  const isElsewhere = args.some((arg) => arg.startsWith("--data-dir"));
  return !isElsewhere && setsPort(sandbox.configFile) ? {} : { MCPPROXY_LISTEN: "127.0.0.1:0" };
}

function setsPort(configFile: string): boolean {
  try {
    const { listen } = JSON.parse(Deno.readTextFileSync(configFile));
    return listen !== undefined && listen !== "127.0.0.1:8080";
  } catch {
    return false; // missing, or broken as the test wants it
  }
}
