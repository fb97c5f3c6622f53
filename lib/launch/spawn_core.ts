/** Starts the process of a core in the background. */
import { messageOf } from "../errors.ts";
import { settlesWithin } from "../waiting.ts";
import { CoreOutput } from "./core_output.ts";
import { CoreMissingError, type CoreProgram } from "./core_program.ts";

/** What to start. */
export interface CoreCommand {
  program: CoreProgram;
  args: readonly string[];
  /** All of its environment. */
  environment: Record<string, string>;
  directory: string;
}

/** How a core ended. */
export interface CoreExit {
  code: number;
  /** What it said last, if that tells why. */
  problem: string | null;
}

/** A core that was started. */
export interface SpawnedCore {
  readonly pid: number;
  /** Resolves when its process has ended, and what it said last has been read. */
  readonly exited: Promise<CoreExit>;
  /** Resolves when its process has ended. */
  readonly ended: Promise<unknown>;
  /** Listens to it no more: what it says from now on is in its log alone. */
  release(): void;
}

/** How long what the core said last may take to reach us after its end: another process may hold its standard error. */
export const lastWordsMs = 500;

/**
 * Starts a core in a session of its own: what is typed into our terminal does not reach it, and it outlives us, for the
 * clients that use it.
 * @param command what to start
 * @param redact takes secrets out of what it says
 * @returns the core; its process runs
 * @throws {CoreMissingError} if the system cannot start the program
 */
export function spawnCore(
  { program, args, environment, directory }: CoreCommand,
  redact: (text: string) => string,
): SpawnedCore {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program.command, {
      args: [...program.args, ...args],
      env: environment,
      clearEnv: true,
      cwd: directory,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      detached: true,
    }).spawn();
  } catch (error) {
    throw new CoreMissingError(`${program.command} cannot be started: ${messageOf(error)}`, {
      next: "Install mcpproxy anew, or set MCPPROXY_CORE_PATH to its program.",
      cause: error,
    });
  }
  const output = new CoreOutput(child.stderr);
  const exited = child.status.then(async ({ code }): Promise<CoreExit> => {
    await settlesWithin(output.ended, lastWordsMs);
    await output.close();
    return { code, problem: output.problem(redact) };
  });
  return { pid: child.pid, exited, ended: child.status, release: () => void output.close() };
}
