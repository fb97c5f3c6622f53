/** Writes docs/cli.md out of the commands themselves: `deno task docs`. */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { z } from "@hono/zod-openapi";
import { answers, shapes } from "../lib/cli/answers.ts";
import { createProgram } from "../lib/cli/program.ts";
import { shapeText } from "./shape_text.ts";

/** Where it is written to. */
export const target: URL = new URL("../docs/cli.md", import.meta.url);

const intro = `# The command line

Written by \`deno task docs\` out of the commands themselves.

Every command that needs a running core asks it over the private channel, without a port or a key; only where
\`enable_socket\` is false does it go over TCP, with the key of the config file. Where no core runs it says so and ends
with exit code 1.

## How commands answer

For people, with tables that fit the terminal and colour on one only (never with \`NO_COLOR\`). For programs, with
\`-o json\` or \`-o yaml\`; \`--json\` is short for the former, and \`MCPPROXY_OUTPUT\` sets what holds without any of them. The
shapes below are kept: fields may come, none goes or changes its name. Secrets are masked in all of them. What a server
wrote is shown without control characters; in JSON they are escaped.

Answers go to standard output. Errors go to standard error, in one line with the cause and the next step.

| exit code | meaning                               |
| --------- | ------------------------------------- |
| 0         | done                                  |
| 1         | it failed; a tool said that it failed |
| 2         | the port is in use                    |
| 3         | another core holds the data directory |
| 4         | the configuration or the command line is wrong |
| 5         | a permission is missing, or too wide  |
`;

/**
 * Makes the document.
 * @returns its text, not yet formatted
 */
export function cliDocument(): string {
  const program = createProgram(() => Promise.resolve());
  const sections = [
    intro,
    "## Options of every command\n",
    optionTable(program),
    "## Commands\n",
    ...leaves(program).map(commandSection),
    "## Shapes\n\nParts that more than one answer has.\n",
    ...shapeSections(),
  ];
  return sections.join("\n");
}

/** The commands that do something, in the order in which they are defined; hidden ones are nobody's business. */
function leaves(command: CommandUnknownOpts): CommandUnknownOpts[] {
  const inner = command.createHelp().visibleCommands(command)
    .filter((candidate) => candidate.name() !== "help");
  return inner.length === 0 ? [command] : inner.flatMap(leaves);
}

function pathOf(command: CommandUnknownOpts): string {
  const { parent } = command;
  return parent?.parent ? `${pathOf(parent)} ${command.name()}` : command.name();
}

function commandSection(command: CommandUnknownOpts): string {
  const path = pathOf(command);
  const help = command.createHelp();
  const after = afterText(command);
  return [
    `### \`${path}\`\n`,
    `${sentence(command.description())}\n`,
    `\`\`\`text\n${help.commandUsage(command)}\n\`\`\`\n`,
    argumentTable(command),
    optionTable(command),
    ...after === "" ? [] : [`\`\`\`text\n${after}\n\`\`\`\n`],
    ...answerTexts(path),
  ].filter((part) => part !== "").join("\n");
}

/** What \`addHelpText\` put behind the help, which commander gives only together with it. */
function afterText(command: CommandUnknownOpts): string {
  let text = "";
  const before = command.configureOutput();
  command.configureOutput({ writeOut: (part) => void (text += part) });
  command.outputHelp();
  command.configureOutput(before);
  return text.slice(command.helpInformation().length).trim();
}

function argumentTable(command: CommandUnknownOpts): string {
  const rows = command.createHelp().visibleArguments(command)
    .map((argument) => [`\`${argument.name()}\``, argument.description]);
  return markdownTable(["argument", "meaning"], rows);
}

function optionTable(command: CommandUnknownOpts): string {
  const help = command.createHelp();
  const rows = help.visibleOptions(command)
    .filter(({ long }) => long !== "--help" && long !== "--version")
    .map((option) => [`\`${option.flags}\``, help.optionDescription(option)]);
  return markdownTable(["option", "meaning"], rows);
}

function markdownTable(titles: string[], rows: string[][]): string {
  if (rows.length === 0) return "";
  const line = (cells: string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return `${[line(titles), line(titles.map(() => "---")), ...rows.map(line)].join("\n")}\n`;
}

function answerTexts(path: string): string[] {
  return Object.entries(answers)
    .filter(([key]) => key === path || key.startsWith(`${path} --`))
    .map(([key, { schema, isStream }]) => {
      const options = key.slice(path.length).trim();
      const how = `With${options === "" ? "" : ` \`${options}\` and`} \`-o json\`${
        isStream ? ", one a line" : ""
      }:`;
      return `${how}\n\n\`\`\`ts\ntype Answer = ${shapeText(schemaOf(schema))};\n\`\`\`\n`;
    });
}

function shapeSections(): string[] {
  return Object.entries(shapes).map(([name, schema]) => {
    const { $defs, $ref, ...own } = schemaOf(schema);
    const definition = $ref ? $defs?.[name] ?? own : own;
    return `### ${name}\n\n\`\`\`ts\ntype ${name} = ${shapeText(definition)};\n\`\`\`\n`;
  });
}

function schemaOf(schema: z.ZodType): z.core.JSONSchema.JSONSchema {
  const metadata = z.registry<{ id: string }>();
  for (const [id, shape] of Object.entries(shapes)) metadata.add(shape, { id });
  return z.toJSONSchema(schema, { metadata });
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/**
 * Formats Markdown as `deno fmt` does.
 * @param text of a document
 * @returns it, formatted
 */
export async function formatted(text: string): Promise<string> {
  const config = new URL("../deno.json", import.meta.url).pathname;
  const process = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "-q", "--config", config, "--ext", "md", "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { stdout } = await process.output();
  return new TextDecoder().decode(stdout);
}

if (import.meta.main) await Deno.writeTextFile(target, await formatted(cliDocument()));
