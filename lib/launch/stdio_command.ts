/** How a client starts `mcpproxy stdio`: from anywhere, with a bare environment, and after the next update too. */
import { delimiter, isAbsolute, join } from "node:path";
import { type Environment, type Inputs, variable } from "../config/paths.ts";
import { placeOptions } from "./core_launch.ts";
import type { CoreProgram } from "./core_program.ts";
import { programFiles } from "./core_program_files.ts";

/**
 * The command for a client's settings. Its path is whole: a client that the desktop has started has a bare PATH.
 * @param program of mcpproxy
 * @param inputs what leads to the core that is meant
 * @returns the command and its arguments
 */
export function stdioCommand(program: CoreProgram, inputs: Inputs): CoreProgram {
  const { command, args } = lastingProgram(program, inputs.environment, programFiles.realPath);
  return { command, args: [...args, ...placeOptions(inputs), "stdio"] };
}

/**
 * The same program by a path that lasts: a package manager installs each version in a folder of its own, and a link on the
 * PATH leads to the newest.
 * @param program by its absolute path
 * @param environment for PATH
 * @param realPath the path without symbolic links; null if nothing is there
 * @returns the program, by the link if there is one
 */
export function lastingProgram(
  { command, args }: CoreProgram,
  environment: Environment,
  realPath: (path: string) => string | null,
): CoreProgram {
  const real = realPath(command);
  const name = command.split(/[/\\]/).at(-1)!;
  const onPath = (variable(environment, "PATH") ?? "").split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, name));
  const link = onPath.find((path) => real !== null && realPath(path) === real);
  return { command: link ?? command, args };
}
