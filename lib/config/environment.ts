/** Environment variables, handed in so that nothing here depends on the process it runs in. */

/** All variables; one that is set to nothing counts as not set. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The value of an environment variable.
 * @param environment all of them
 * @param name one of them
 * @returns its value; undefined if it is not set or empty
 */
export function variable(environment: Environment, name: string): string | undefined {
  // hasOwn: the object may have a prototype, whose members are no variables.
  return Object.hasOwn(environment, name) ? environment[name] || undefined : undefined;
}
