/** The command line: runs what was asked for. Each command loads what it needs itself. */
import { runCommandLine } from "../command_line.ts";
import type { ExitCode } from "../errors.ts";
import { adviceOnFault } from "./advice.ts";
import { createProgram } from "./program.ts";

/**
 * Runs one command line.
 * @param args what follows the program's name
 * @returns the exit code, once the command has ended
 */
export async function run(args: string[]): Promise<ExitCode> {
  return await runCommandLine(createProgram, args, adviceOnFault);
}
