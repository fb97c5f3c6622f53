/** What the command lines of the core and of the tray have in common: running a command, and saying what went wrong. */
import { CommanderError, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { ExitCode, UserError } from "./errors.ts";
import { explain } from "./explain.ts";

/** Runs the command that was asked for; its exit code becomes the program's. */
export type Invoke = (command: () => Promise<ExitCode>) => Promise<void>;

/**
 * Runs one command line. Errors go to standard error, as {@linkcode explain} says them.
 * @param commandLine makes the commands and their options; each action calls `invoke`
 * @param args what follows the program's name
 * @param adviceOnFault what to do about an error that is not a person's to mend
 * @returns the exit code, once the command has ended
 */
export async function runCommandLine(
  commandLine: (invoke: Invoke) => CommandUnknownOpts,
  args: string[],
  adviceOnFault: string,
): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.ok;
  const program = commandLine(async (command) => {
    exitCode = await command();
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return explain(error, program.name(), adviceOnFault);
    if (error.exitCode === 0) return ExitCode.ok; // --help and --version
    if (error.code === "commander.help") return ExitCode.general; // shown where a command was missing
    return explain(mistake(error, program.name()), program.name(), adviceOnFault);
  }
}

/** For `configureOutput`: what was mistyped is explained here, in one line, and not by the library in three. */
export const quietErrors = { outputError: (): void => {} };

/** The library writes "error: unknown command 'stauts'\n(Did you mean status?)". */
function mistake({ message }: CommanderError, name: string): UserError {
  const [, what = message, near] =
    /^(?:error: )?([^]*?)(?:\n\((Did you mean [^]*)\))?$/.exec(message) ?? [];
  const help = `See: ${name} --help`;
  return new UserError(what, {
    next: near === undefined ? help : `${near} ${help}`,
    exitCode: ExitCode.configuration,
  });
}
