/** How a command says what it found: a table or text for people, JSON or YAML for programs. */
import { ExitCode, UserError } from "../errors.ts";
import { say } from "../terminal.ts";

/** The formats of `--output`. */
export const outputFormats = ["table", "json", "yaml"] as const;

/** One of {@linkcode outputFormats}. */
export type OutputFormat = typeof outputFormats[number];

/** What the command line and the environment say about the format. */
export interface OutputChoice {
  /** `--json` */
  json?: boolean | undefined;
  /** `--output` */
  output?: string | undefined;
  /** `MCPPROXY_OUTPUT` */
  environment?: string | undefined;
}

/**
 * The format that holds: `--json` goes before `--output`, that before MCPPROXY_OUTPUT.
 * @param choice what was said
 * @returns the format; a table if nothing was said
 * @throws {UserError} exit code 4 if it is none that we know
 */
export function outputFormat({ json, output, environment }: OutputChoice): OutputFormat {
  if (json) return "json";
  const given = output || environment || "table";
  const format = outputFormats.find((name) => name === given);
  if (format) return format;
  throw new UserError(`${output ? "--output" : "MCPPROXY_OUTPUT"}: there is no format "${given}"`, {
    next: `Use one of ${outputFormats.join(", ")}.`,
    exitCode: ExitCode.configuration,
  });
}

/**
 * Writes an answer to standard output.
 * @param format how
 * @param data the answer for programs; only what JSON can hold
 * @param text the answer for people; made only if it is wanted
 */
export async function present(
  format: OutputFormat,
  data: unknown,
  text: () => string | Promise<string>,
): Promise<void> {
  say(await formatted(format, data, text));
}

async function formatted(
  format: OutputFormat,
  data: unknown,
  text: () => string | Promise<string>,
): Promise<string> {
  if (format === "table") return await text();
  if (format === "json") return JSON.stringify(data, null, 2);
  const { stringify } = await import("yaml");
  return stringify(data).trimEnd();
}
