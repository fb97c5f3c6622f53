/** How a program says what went wrong: one line on standard error, with the cause and the next step. */
import { ExitCode, messageOf, sentence, UserError } from "./errors.ts";
import { printableLines } from "./printable.ts";
import { complain } from "./terminal.ts";

/**
 * Explains an error to the person at the keyboard.
 * @param error what was thrown
 * @param name the program
 * @param adviceOnFault what to do about an error that is not a person's to mend
 * @returns the exit code that fits
 */
export function explain(error: unknown, name: string, adviceOnFault: string): ExitCode {
  const isOurs = error instanceof UserError;
  const next = isOurs ? error.next : `This is a fault of ${name}. ${adviceOnFault}`;
  const message = printableLines(messageOf(error));
  // Of several faults in one file each has a line of its own, and so has what to do about them.
  const between = message.includes("\n") ? "\n" : " ";
  complain(`${name}: ${[sentence(message), next].filter(Boolean).join(between)}`);
  return isOurs ? error.exitCode : ExitCode.general;
}
