/** Finds the program of a command, so that a missing one can be told from other failures, and well. */
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { UserError } from "./errors.ts";
import { operatingSystem } from "./platform.ts";
import { commandCandidates } from "./command_windows.ts";

/**
 * The path of a command's program, found as execvp(3) would: on PATH, or relative to the working directory if it has a slash.
 * On Windows the endings of programs may be left out, as `npx` means `npx.cmd` there.
 * @param command the first word of the command
 * @param searchPath PATH of the environment that the program will have
 * @param directory where the program will be started
 * @returns an absolute path to an executable file
 * @throws {UserError} if there is none; the text says where it was looked for
 */
export async function findCommand(
  command: string,
  searchPath: string | undefined,
  directory: string,
): Promise<string> {
  for (const path of candidates(command, searchPath, directory)) {
    if (await isExecutable(path)) return path;
  }
  if (isPath(command)) {
    const path = isAbsolute(command) ? command : resolve(directory, command);
    throw new UserError(`Command not found: ${path} is missing or not executable.`, {
      next: "Correct `command` in the config.",
    });
  }
  const folders = foldersOf(searchPath);
  throw new UserError(
    `Command not found: "${command}" is in no folder of PATH (${
      folders.join(delimiter) || "which is empty"
    }).`,
    { next: "Install it, or give its full path as `command`." },
  );
}

const isWindows = operatingSystem === "windows";

function candidates(command: string, searchPath: string | undefined, directory: string): string[] {
  if (isWindows) return commandCandidates(command, searchPath, directory);
  return isPath(command)
    ? [resolve(directory, command)]
    : foldersOf(searchPath).map((folder) => resolve(directory, join(folder, command)));
}

function isPath(command: string): boolean {
  return command.includes("/") || (isWindows && command.includes("\\"));
}

function foldersOf(searchPath: string | undefined): string[] {
  return (searchPath ?? "").split(delimiter).filter((folder) => folder !== "");
}

/**
 * The directory a program is to be started in.
 * @param configured `working_dir` of the config
 * @param fallback where to start it if nothing is configured
 * @throws {UserError} if the configured one is not a directory
 */
export async function findWorkingDirectory(
  configured: string | undefined,
  fallback: string,
): Promise<string> {
  if (configured === undefined) return fallback;
  const found = await Deno.stat(configured).catch(() => null);
  if (found?.isDirectory) return configured;
  throw new UserError(
    `Working directory not found: ${configured} is ${
      found === null ? "missing" : "not a directory"
    }.`,
    { next: "Create it, or correct `working_dir` in the config." },
  );
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    const { isFile, mode } = await Deno.stat(path);
    return isFile && (isWindows || ((mode ?? 0) & 0o111) !== 0);
  } catch {
    return false;
  }
}
