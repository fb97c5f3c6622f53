/** Errors that a person has to mend, and the exit codes by which they end a process. */

/** Exit codes of `mcpproxy`; scripts and the tray branch on them, so a number never changes its meaning. */
export const ExitCode = {
  ok: 0,
  general: 1,
  portInUse: 2,
  dataDirectoryHeld: 3,
  configuration: 4,
  permission: 5,
} as const;

/** One of the values of {@linkcode ExitCode}. */
export type ExitCode = typeof ExitCode[keyof typeof ExitCode];

/** What a {@linkcode UserError} carries beside its message. */
export interface UserErrorOptions {
  /** What to do next: one sentence, with the exact command where there is one. */
  next?: string;
  /** The code with which the process ends when nobody handles the error; 1 if not given. */
  exitCode?: ExitCode;
  /** The error underneath; for logs, never shown to a user. */
  cause?: unknown;
}

/** An error whose message is written for the person at the keyboard: it is shown as it is, without a stack. */
export class UserError extends Error {
  override readonly name: string = "UserError";
  readonly exitCode: ExitCode;
  readonly next: string | undefined;

  /**
   * @param message what went wrong, with the path, pid or field
   * @param options what to do next, and the exit code
   */
  constructor(message: string, options: UserErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.exitCode = options.exitCode ?? ExitCode.general;
    this.next = options.next;
  }
}

/**
 * The text of anything that was thrown, for a log line or an error answer.
 * @param thrown an Error or any other value
 * @returns its message, never its stack
 */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/**
 * A message as a sentence, so that another may follow.
 * @param message what went wrong
 * @returns it, with a full stop at its end unless it has one; a command at the end stays as it is, since people copy it
 */
export function sentence(message: string): string {
  return /[.!?…:]$|: mcpproxy [^\n]+$/.test(message) ? message : `${message}.`;
}
