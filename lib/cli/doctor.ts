/** `mcpproxy doctor`: checks every layer of security and everything that commonly breaks, and mends what it safely can. */
import type { Inputs } from "../config/paths.ts";
import { ExitCode } from "../errors.ts";
import type { Context } from "./context.ts";
import { examine } from "./doctor/examine.ts";
import { fix, isMendable, type Mended } from "./doctor/fix.ts";
import { type Report, reportOf, textOf } from "./doctor/report.ts";
import { type System, thisSystem } from "./doctor/system.ts";
import { present } from "./output.ts";
import { waitFor } from "./waiting.ts";

/** What is mended may uncover more: behind a loose data directory nothing is looked at. */
const mostRounds = 3;

/**
 * Examines the set-up and says what it found.
 * @param context of the command
 * @param withFix whether to mend
 * @returns exit code 1 if something has failed, else 0
 */
export async function doctor({ inputs, format }: Context, withFix: boolean): Promise<ExitCode> {
  const report = await waitFor("the checks", diagnose(inputs, withFix));
  const mendable = !withFix && report.checks.some(isMendable);
  await present(format, report, () => textOf(report, mendable));
  return report.ok ? ExitCode.ok : ExitCode.general;
}

/**
 * Examines the set-up.
 * @param inputs flags, environment and platform
 * @param withFix whether to mend first what can be mended
 * @param system the machine
 * @returns the report
 */
export async function diagnose(
  inputs: Inputs,
  withFix: boolean,
  system: System = thisSystem,
): Promise<Report> {
  const fixed: Mended[] = [];
  let found = await examine(inputs, system);
  for (let round = 0; withFix && round < mostRounds; round++) {
    const done = await fix(found);
    const isNew = (one: Mended) =>
      !fixed.some(({ id, path }) => id === one.id && path === one.path);
    fixed.push(...done.filter(isNew));
    if (!done.some(({ after }) => after !== null)) break;
    found = await examine(inputs, system);
  }
  return reportOf(found, fixed, system.version);
}
