/** `mcpproxy version`: what this program is. */
import { ExitCode } from "../errors.ts";
import { commit } from "../own_program.ts";
import { version } from "../version.ts";
import type { VersionAnswer } from "./answers.ts";
import type { Context } from "./context.ts";
import { present } from "./output.ts";

/**
 * Shows the version.
 * @param context of the command
 * @returns exit code 0
 */
export async function showVersion({ format }: Pick<Context, "format">): Promise<ExitCode> {
  const answer: VersionAnswer = {
    version,
    commit,
    deno: Deno.version.deno,
    target: Deno.build.target,
  };
  const from = commit === null ? "" : `${commit}, `;
  await present(
    format,
    answer,
    () => `mcpproxy ${version} (${from}Deno ${answer.deno}, ${answer.target})`,
  );
  return ExitCode.ok;
}
