/** The error of a configuration that cannot be used. */
import { ExitCode, UserError, type UserErrorOptions } from "../errors.ts";

/** One thing that is wrong in a config file. */
export interface ConfigIssue {
  /** The field as one would write it, `mcpServers[2].env.TOKEN`; empty for the file as a whole. */
  field: string;
  /** What is wrong with it; never holds the value itself, which may be a secret. */
  message: string;
  /** Where it stands, both from 1; column counts UTF-16 units. Absent when the text is not at hand. */
  position?: { line: number; column: number };
}

/** A config file that cannot be read, trusted or understood: exit code 4, or 5 where permissions are the trouble. */
export class ConfigError extends UserError {
  override readonly name = "ConfigError";

  constructor(message: string, options: UserErrorOptions = {}) {
    super(message, { exitCode: ExitCode.configuration, ...options });
  }
}

/** The error of a config whose contents are wrong; keeps the issues apart for those who show them one by one. */
export class ConfigIssuesError extends ConfigError {
  readonly issues: readonly ConfigIssue[];

  /**
   * @param file the file that the issues are in; empty for one that is not written yet
   * @param issues at least one; the message names the first ten
   */
  constructor(file: string, issues: readonly ConfigIssue[]) {
    super(describe(file, issues), file === "" ? {} : { next: `Edit ${file} and try again.` });
    this.issues = issues;
  }
}

/**
 * A field's path as one would write it in JavaScript.
 * @param path property names and array indexes, outermost first
 * @returns `mcpServers[2].env.TOKEN`; names that are no plain words are quoted
 */
export function fieldName(path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, step) => {
    if (typeof step === "number") return `${name}[${step}]`;
    const word = String(step).slice(0, 100);
    if (!/^[\w-]+$/.test(word)) return `${name}[${JSON.stringify(word)}]`;
    return name === "" ? word : `${name}.${word}`;
  }, "");
}

function describe(file: string, issues: readonly ConfigIssue[]): string {
  const shown = issues.slice(0, 10).map(({ field, message, position }) => {
    const place = position && file !== "" ? `${file}:${position.line}:${position.column}` : file;
    return [place, field, message].filter((part) => part !== "").join(": ");
  });
  if (issues.length > shown.length) shown.push(`… and ${issues.length - shown.length} more`);
  return shown.join("\n");
}
