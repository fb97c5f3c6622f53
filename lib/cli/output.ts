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
  if (format === "json") return withoutControls(JSON.stringify(data, null, 2));
  return await yamlOf(data);
}

/**
 * Writes one of many answers that come one after the other: a line of JSON, a document of YAML, or a line for people.
 * @param format how
 * @param data the answer for programs
 * @param text the answer for people
 * @returns false once nobody reads any more
 */
export async function presentNext(
  format: OutputFormat,
  data: unknown,
  text: () => string,
): Promise<boolean> {
  if (format === "table") return say(text());
  if (format === "json") return say(withoutControls(JSON.stringify(data)));
  return say(`---\n${await yamlOf(data)}`);
}

/** What a terminal would obey and JSON lets stand in a string: the rest of the control characters, and turned writing. */
const controls = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** They are in strings only, where JSON and YAML's double quotes take an escape for them (RFC 8259 section 7). */
function withoutControls(json: string): string {
  return json.replace(
    controls,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

async function yamlOf(data: unknown): Promise<string> {
  const { toYaml } = await import("./yaml.ts");
  return withoutControls(toYaml(data));
}
