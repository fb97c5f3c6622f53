/** `${env:NAME}` in the values of a config, replaced only when a value is used, so that it never gets saved. */
import { type Environment, variable } from "./environment.ts";
import { ConfigError } from "./error.ts";
import type { ServerConfig } from "./schema.ts";

/** `${env:NAME}` or `${keyring:NAME}`, with kind and name as its groups. */
export const REFERENCE = /\$\{(env|keyring):([^{}]+)\}/g;

/**
 * Replaces the references in one value. Everything else stays, `$HOME` and `${X}` too; what was put in is not
 * looked at again.
 * @param value any text
 * @param field where it comes from, for the error message
 * @param environment variables; empty counts as not set, as for the Go program
 * @returns the text with each `${env:NAME}` replaced
 * @throws {ConfigError} naming field and variable if one is not set, or if the value asks for the keyring
 */
export function expandReferences(
  value: string,
  field: string,
  environment: Environment,
): string {
  return value.replace(REFERENCE, (reference, kind: string, written: string) => {
    const name = written.trim();
    if (kind === "keyring") {
      throw new ConfigError(`${field} asks for ${reference}, but the keyring is not offered`, {
        next: `Put the secret into an environment variable and write \${env:NAME}.`,
      });
    }
    const replacement = variable(environment, name);
    if (replacement) return replacement;
    throw new ConfigError(`${field} asks for the environment variable ${name}, which is not set`, {
      next: `Set ${name} in the environment in which mcpproxy is started.`,
    });
  });
}

/**
 * Replaces the references in everything that starting or reaching a server takes.
 * @param server as configured
 * @param environment variables
 * @returns a copy with `command`, `args`, `working_dir`, `env`, `url` and `headers` replaced
 * @throws {ConfigError} naming server, field and variable
 */
export function resolveServer(
  server: ServerConfig,
  environment: Environment,
): ServerConfig {
  const expand = (value: string, field: string) =>
    expandReferences(value, `server ${JSON.stringify(server.name)}: ${field}`, environment);
  const expandOptional = (value: string | undefined, field: string) =>
    value === undefined ? undefined : expand(value, field);
  const expandAll = (values: Record<string, string>, field: string) =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, expand(value, `${field}.${name}`)]),
    );
  return {
    ...server,
    command: expandOptional(server.command, "command"),
    args: server.args.map((value, index) => expand(value, `args[${index}]`)),
    working_dir: expandOptional(server.working_dir, "working_dir"),
    env: expandAll(server.env, "env"),
    url: expandOptional(server.url, "url"),
    headers: expandAll(server.headers, "headers"),
  };
}
