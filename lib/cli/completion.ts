/** `mcpproxy completion` and `complete`: what a shell offers for the word at the cursor. */
import type { CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import type { ApiClient } from "../client/api.ts";
import { ExitCode } from "../errors.ts";
import { say } from "../terminal.ts";
import { askCore } from "./ask.ts";
import { completionScripts, type CompletionShell } from "./completion_scripts.ts";
import { contextOf, type GlobalOptions } from "./context.ts";
import { outputFormats } from "./output.ts";
import { firstLine } from "./text.ts";

/** What may stand at the cursor. */
export interface Candidate {
  value: string;
  description: string;
}

/** Where candidates come from: a list, the running core, or the files that the shell knows. */
export type Source = Candidate[] | "servers" | "tools" | "files";

/** A shell waits with the next key for as long. */
const patienceMs = 2_000;

/**
 * Prints a script.
 * @param shell for which
 * @returns exit code 0
 */
export function printCompletionScript(shell: CompletionShell): ExitCode {
  say(completionScripts[shell].trimEnd());
  return ExitCode.ok;
}

/**
 * Prints the candidates. Where the core is needed and cannot be asked there are none, and nothing is said about it.
 * @param program all commands
 * @param words what stands after the program's name, up to and with the word at the cursor
 * @returns exit code 0
 */
export async function complete(
  program: CommandUnknownOpts,
  words: readonly string[],
): Promise<ExitCode> {
  const { source, options, prefix } = sourceOf(program, words);
  const current = (words.at(-1) ?? "").slice(prefix.length);
  const candidates = source === "files" ? [] : await candidatesOf(source, options);
  const lines = candidates
    .filter(({ value }) => value.startsWith(current) && isPlain(value))
    .map(({ value, description }) => `${prefix}${value}\t${firstLine(description)}`);
  if (source === "files") lines.push(":files");
  if (lines.length > 0) say(lines.join("\n"));
  return ExitCode.ok;
}

/** What no shell takes for anything but itself, wherever in a word it stands. */
function isPlain(value: string): boolean {
  return /^[\p{L}\p{N}_.:/@%+,=-]+$/u.test(value);
}

async function candidatesOf(source: Exclude<Source, "files">, options: GlobalOptions) {
  if (Array.isArray(source)) return source;
  const timer = Promise.withResolvers<Candidate[]>();
  const timeout = setTimeout(() => timer.resolve([]), patienceMs);
  try {
    const { inputs } = contextOf(options);
    const asked = askCore(inputs, (client) => namesFrom(client, source)).catch(() => []);
    return await Promise.race([asked, timer.promise]);
  } catch {
    return []; // an option is wrong, as the command itself will say
  } finally {
    clearTimeout(timeout);
  }
}

async function namesFrom(client: ApiClient, source: "servers" | "tools"): Promise<Candidate[]> {
  if (source === "servers") {
    const { servers } = await client.servers();
    return servers.map(({ name, health }) => ({ value: name, description: health.summary }));
  }
  return (await client.tools()).map(({ server_name, name, description }) => ({
    value: `${server_name}:${name}`,
    description,
  }));
}

/**
 * Finds out what may stand at the cursor.
 * @param program all commands
 * @param words up to and with the word at the cursor
 * @returns where the candidates come from, the global options so far, and what of the word goes before a candidate
 */
export function sourceOf(
  program: CommandUnknownOpts,
  words: readonly string[],
): { source: Source; options: GlobalOptions; prefix: string } {
  const current = words.at(-1) ?? "";
  const options: Record<string, unknown> = {};
  let command = program;
  let operands = 0;
  /** The option whose value comes next. */
  let open: Option | undefined;
  for (const word of words.slice(0, -1)) {
    if (open) {
      options[open.attributeName()] = word;
      open = undefined;
    } else if (word === "--") {
      // What comes after it is somebody else's command line.
      return { source: "files", options, prefix: "" };
    } else if (word.startsWith("-")) {
      const [flag, value] = splitOption(word);
      const option = optionOf(command, flag);
      if (value !== undefined && option) options[option.attributeName()] = value;
      else if (option?.required) open = option;
    } else {
      const inner = operands === 0
        ? command.commands.find((known) => known.name() === word)
        : undefined;
      if (inner) command = inner;
      else operands++;
    }
  }
  const found = (source: Source, prefix = "") => ({ source, options, prefix });
  if (open) return found(valuesOf(open));
  if (current.startsWith("-")) {
    const [flag, value] = splitOption(current);
    const option = optionOf(command, flag);
    if (value !== undefined) return found(option ? valuesOf(option) : [], `${flag}=`);
    return found(optionsOf(command).map(optionCandidate));
  }
  return found(operandsOf(command, operands));
}

/** `--name=value` in two. */
function splitOption(word: string): [flag: string, value: string | undefined] {
  const [, flag, value] = /^(--[^=]+)=(.*)$/s.exec(word) ?? [];
  return [flag ?? word, value];
}

function optionsOf(command: CommandUnknownOpts): Option[] {
  const inherited = command.parent ? optionsOf(command.parent as CommandUnknownOpts) : [];
  return [...command.createHelp().visibleOptions(command) as Option[], ...inherited]
    .filter((option, at, all) => all.findIndex(({ long }) => long === option.long) === at);
}

function optionOf(command: CommandUnknownOpts, flag: string): Option | undefined {
  return optionsOf(command).find(({ long, short }) => flag === long || flag === short);
}

function optionCandidate({ long, short, description }: Option): Candidate {
  return { value: long ?? short ?? "", description };
}

function valuesOf(option: Option): Source {
  if (option.argChoices) return option.argChoices.map(bare);
  switch (option.attributeName()) {
    case "output":
      return outputFormats.map(bare);
    case "logLevel":
      return ["trace", "debug", "info", "warn", "error"].map(bare);
    case "server":
      return "servers";
    case "type":
      return ["status", "servers.changed", "config.reloaded", "ping"].map(bare);
  }
  return /<(file|folder)>/.test(option.flags) ? "files" : [];
}

function operandsOf(command: CommandUnknownOpts, at: number): Source {
  const visible = command.createHelp().visibleCommands(command);
  if (at === 0 && visible.length > 0) {
    return visible.map((inner) => ({ value: inner.name(), description: inner.description() }));
  }
  const argument = command.registeredArguments[at];
  if (!argument) return [];
  if (argument.argChoices) return argument.argChoices.map(bare);
  switch (argument.name()) {
    case "server":
      return "servers";
    case "tool":
      return "tools";
    case "file":
      return "files";
  }
  return [];
}

function bare(value: string): Candidate {
  return { value, description: "" };
}
