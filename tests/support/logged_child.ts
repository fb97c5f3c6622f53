/** A child process whose standard error goes to a file instead of among the results of the tests. */
import { Child } from "./child.ts";

/**
 * Starts a program.
 * @param command the program and its arguments
 * @param env all of its environment
 * @param log the file that its standard error is added to
 */
export function loggedChild(
  command: readonly string[],
  env: Record<string, string>,
  log: string,
): Child {
  const shell = 'log=$1; shift; exec "$@" 2>>"$log"';
  return new Child("sh", { args: ["-c", shell, "sh", log, ...command], env, clearEnv: true });
}
