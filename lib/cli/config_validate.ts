/** `mcpproxy config validate`: every fault of a config file, with line and column. */
import { type ConfigIssue, ConfigIssuesError } from "../config/error.ts";
import { loadConfig } from "../config/load.ts";
import { absolute, configFileOf } from "../config/paths.ts";
import { readConfigFile } from "../config/read.ts";
import { ExitCode, UserError } from "../errors.ts";
import { complain } from "../terminal.ts";
import type { ConfigCheck } from "./answers.ts";
import type { Context } from "./context.ts";
import { present } from "./output.ts";
import { printable } from "./text.ts";

/**
 * Checks a config file as a core would read it.
 * @param context of the command
 * @param given the file; the one that mcpproxy uses if not given
 * @returns exit code 0 if a core would start with it, 4 if not
 * @throws {UserError} exit code 4 if there is no such file, 5 if it cannot be read or others may write it
 */
export async function validateConfig(
  { inputs, format }: Context,
  given: string | undefined,
): Promise<ExitCode> {
  const file = given === undefined ? configFileOf(inputs) : absolute(given, inputs);
  if (await readConfigFile(file) === undefined) {
    throw new UserError(`there is no file ${file}`, {
      next: "A core makes one when it starts: mcpproxy serve",
      exitCode: ExitCode.configuration,
    });
  }
  const answer = await check(file, { ...inputs, flags: { ...inputs.flags, config: file } });
  // Faults are errors, so for people they go where errors go.
  if (format === "table" && !answer.valid) {
    for (const issue of answer.issues) complain(faultLine(file, issue));
    complain(`mcpproxy: ${countOf(answer.issues.length)} in ${file}. Edit it and try again.`);
  } else {
    const lines = answer.warnings.map((warning) => `warning: ${printable(warning)}`);
    await present(format, answer, () => [...lines, `${file}: ok`].join("\n"));
  }
  return answer.valid ? ExitCode.ok : ExitCode.configuration;
}

async function check(file: string, inputs: Context["inputs"]): Promise<ConfigCheck> {
  try {
    const { warnings } = await loadConfig(inputs);
    return { config_file: file, valid: true, issues: [], warnings };
  } catch (error) {
    if (!(error instanceof ConfigIssuesError)) throw error;
    return { config_file: file, valid: false, issues: error.issues.map(issueView), warnings: [] };
  }
}

function issueView({ field, message, position }: ConfigIssue): ConfigCheck["issues"][number] {
  return { line: position?.line ?? null, column: position?.column ?? null, field, message };
}

function faultLine(file: string, issue: ConfigCheck["issues"][number]): string {
  const place = issue.line === null ? file : `${file}:${issue.line}:${issue.column}`;
  return printable([place, issue.field, issue.message].filter((part) => part !== "").join(": "));
}

function countOf(faults: number): string {
  return faults === 1 ? "1 fault" : `${faults} faults`;
}
