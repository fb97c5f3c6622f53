/** The result of one check, and the facts that one check hands to the next. */
import { messageOf, UserError } from "../../errors.ts";
import { catalogue, type CheckId } from "./catalogue.ts";

/** How a check came out. `skipped` says in its evidence why nothing can be said. */
export type Verdict = "ok" | "warning" | "failure" | "skipped";

/** One check. */
export interface Check {
  id: CheckId;
  /** What it is about where there are several: the name of a server. */
  subject: string | null;
  /** For people. */
  title: string;
  verdict: Verdict;
  /** What was seen: paths, modes, owners, process ids; one fact a line. */
  evidence: string[];
  /** What to do, a sentence or a command; null if there is nothing to do. */
  mend: string | null;
}

/** Something that was found out, or why it could not be. */
export type Known<Value> = { value: Value } | { unknown: string };

function check(
  id: CheckId,
  verdict: Verdict,
  evidence: string | readonly string[],
  mend: string | null,
  subject: string | null = null,
): Check {
  const lines = typeof evidence === "string" ? [evidence] : [...evidence];
  return { id, subject, title: catalogue[id].title, verdict, evidence: lines, mend };
}

/** All is well. @param id which check @param evidence what was seen @param subject see {@linkcode Check} */
export function ok(id: CheckId, evidence: string | readonly string[], subject?: string): Check {
  return check(id, "ok", evidence, null, subject);
}

/** Nothing can be said. @param id which check @param reason why @param subject see {@linkcode Check} */
export function skipped(id: CheckId, reason: string, subject?: string): Check {
  return check(id, "skipped", reason, null, subject);
}

/** It works, but somebody should know. @param id which check @param evidence what was seen @param mend what to do */
export function warning(
  id: CheckId,
  evidence: string | readonly string[],
  mend: string,
  subject?: string,
): Check {
  return check(id, "warning", evidence, mend, subject);
}

/** It does not work, or is not safe. @param id which check @param evidence what was seen @param mend what to do */
export function failure(
  id: CheckId,
  evidence: string | readonly string[],
  mend: string,
  subject?: string,
): Check {
  return check(id, "failure", evidence, mend, subject);
}

/** The failure that an error stands for. @param id which check @param error what was thrown @param mend if the error names none */
export function failureOf(
  id: CheckId,
  error: unknown,
  mend = "See what the evidence says.",
): Check {
  const next = error instanceof UserError ? error.next : undefined;
  return failure(id, messageOf(error).split("\n"), next ?? mend);
}

/**
 * A file mode as people know it.
 * @param info of the file
 * @returns four octal digits; "unknown" where the system has none
 */
export function modeOf({ mode }: Pick<Deno.FileInfo, "mode">): string {
  return mode === null ? "unknown" : (mode & 0o7777).toString(8).padStart(4, "0");
}

/**
 * Looks at what lies at a path, without following links.
 * @param path absolute
 * @returns null if nothing does
 * @throws what the system says if it does not tell
 */
export function lookAt(path: string): Deno.FileInfo | null {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
