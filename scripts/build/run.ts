/** Other programs, run to their end. */

/**
 * Runs a program.
 * @param command the program and its arguments
 * @param cwd where
 * @returns its standard output
 * @throws {CommandError} if it does not end with 0
 */
export async function run(command: readonly string[], cwd?: string): Promise<string> {
  const [program, ...args] = command;
  const { success, stdout, stderr } = await new Deno.Command(program!, {
    args,
    ...cwd === undefined ? {} : { cwd },
    env: { NO_COLOR: "1", COPYFILE_DISABLE: "1" }, // the latter keeps macOS's tar from adding files of its own
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (!success) throw new CommandError(command, text(stderr));
  return text(stdout);
}

/** A program that failed. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  /** What it wrote to standard error. */
  readonly stderr: string;

  constructor(command: readonly string[], stderr: string) {
    super(`${command.join(" ")} failed:\n${stderr}`);
    this.stderr = stderr;
  }
}
