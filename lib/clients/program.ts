/** A program by a path that outlasts its next version. */
import { delimiter, isAbsolute, join } from "node:path";
import { type Environment, variable } from "../config/environment.ts";

/** A program and its first arguments. */
export interface Program {
  command: string;
  args: readonly string[];
}

/**
 * The same program by a path that lasts: a package manager installs each version in a folder of its own, and a link on the
 * PATH leads to the newest.
 * @param program by its absolute path
 * @param environment for PATH
 * @param realPath the path without symbolic links; null if nothing is there
 * @returns the command and its arguments
 */
export function lastingProgram(
  { command, args }: Program,
  environment: Environment,
  realPath: (path: string) => string | null,
): string[] {
  const real = realPath(command);
  const name = command.split(/[/\\]/).at(-1)!;
  const onPath = (variable(environment, "PATH") ?? "").split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, name));
  const link = onPath.find((path) => real !== null && realPath(path) === real);
  return [link ?? command, ...args];
}
