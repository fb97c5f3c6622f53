/** `mcpproxy upstream add`: a new server, started by a command or reached by a URL. */
import { resolve } from "node:path";
import type { NewServer } from "../client/api.ts";
import { ExitCode, UserError } from "../errors.ts";
import type { UpstreamChange } from "./answers.ts";
import { askCore } from "./ask.ts";
import type { Context } from "./context.ts";
import { present } from "./output.ts";
import { printable } from "./text.ts";

/** The options of the command. */
export interface AddOptions {
  url?: string | undefined;
  transport?: "http" | "sse" | undefined;
  /** `Name: value` each. */
  header?: string[] | undefined;
  /** `NAME=value` or `NAME` each. */
  env?: string[] | undefined;
  workingDir?: string | undefined;
  disabled?: boolean | undefined;
}

/**
 * Adds a server to the running core.
 * @param context of the command
 * @param name of the server
 * @param words the command that starts it, with its arguments; none for one with a URL
 * @param options of the command
 * @returns exit code 0
 * @throws {UserError} exit code 4 if the options do not fit each other; also if no core runs or it refuses
 */
export async function addUpstream(
  { inputs, format }: Context,
  name: string,
  words: readonly string[],
  options: AddOptions,
): Promise<ExitCode> {
  const server = newServer(name, words, options, inputs.workingDirectory, inputs.environment);
  await askCore(inputs, (client) => client.addServer(server));
  const answer: UpstreamChange = { server: name, action: "add" };
  await present(
    format,
    answer,
    () => `${printable(name)}: added (mcpproxy upstream list shows when it is connected)`,
  );
  return ExitCode.ok;
}

/**
 * What the options say of the server.
 * @param name of the server
 * @param words the command and its arguments
 * @param options of the command
 * @param workingDirectory against which relative paths are taken, since the core has another
 * @param environment from which `--env NAME` takes its value
 * @returns the server as the API wants it
 * @throws {UserError} exit code 4 if they do not fit each other; never with a value in it, which may be a secret
 */
export function newServer(
  name: string,
  words: readonly string[],
  options: AddOptions,
  workingDirectory: string,
  environment: Readonly<Record<string, string | undefined>>,
): NewServer {
  const { url, transport, header = [], env = [], workingDir, disabled } = options;
  const [command, ...args] = words;
  if (command !== undefined && url !== undefined) {
    throw wrong("a server has a command or a --url, not both", `Leave one of them out.`);
  }
  const enabled = disabled !== true;
  if (url !== undefined) {
    refuse("--url", { "--env": env.length > 0, "--working-dir": workingDir !== undefined });
    const headers = Object.fromEntries(header.map(headerOf));
    return {
      ...{ name, url, enabled, protocol: transport ?? "auto" },
      ...header.length > 0 ? { headers } : {},
    };
  }
  if (command === undefined) {
    throw wrong(
      "a server needs a command or a --url",
      "Give the command after --, as in: mcpproxy upstream add <name> -- npx -y some-server",
    );
  }
  refuse("a command", { "--header": header.length > 0, "--transport": transport !== undefined });
  const variables = Object.fromEntries(env.map((entry) => variableOf(entry, environment)));
  return {
    ...{ name, args, enabled, protocol: "stdio" },
    command: /^\.{1,2}[/\\]/.test(command) ? resolve(workingDirectory, command) : command,
    ...workingDir === undefined ? {} : { working_dir: resolve(workingDirectory, workingDir) },
    ...env.length > 0 ? { env: variables } : {},
  };
}

function refuse(what: string, given: Record<string, boolean>): void {
  for (const [option, isGiven] of Object.entries(given)) {
    if (isGiven) throw wrong(`${option} does not go with ${what}`, `Leave ${option} out.`);
  }
}

/** RFC 9110 section 5.1: the name is a token; blanks around the value do not belong to it. */
function headerOf(header: string, index: number): [name: string, value: string] {
  const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/.exec(header) ?? [];
  if (name !== undefined && value !== undefined) return [name, value];
  throw wrong(`--header number ${index + 1} is not "Name: value"`, "Put it in quotes.");
}

function variableOf(
  entry: string,
  environment: Readonly<Record<string, string | undefined>>,
): [name: string, value: string] {
  const [, name, value] = /^([^=\0]+)(?:=(.*))?$/s.exec(entry) ?? [];
  if (name === undefined) throw wrong("--env needs a name before the =", "Write NAME=value.");
  const taken = value ?? environment[name];
  if (taken !== undefined) return [name, taken];
  throw wrong(`--env ${printable(name)}: there is no such variable here`, "Write NAME=value.");
}

function wrong(message: string, next: string): UserError {
  return new UserError(message, { next, exitCode: ExitCode.configuration });
}
