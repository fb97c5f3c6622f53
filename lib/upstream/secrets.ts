/** Finds the secret values in a server's config and takes them out of texts. */
import type { ServerConfig } from "../config/schema.ts";

/** A shorter value is more likely to be a word of the text than a secret. */
const shortestSecret = 6;
const secretName = /key|token|secret|pass|auth|credential|cookie|session|private|signature/i;

/**
 * The values of a server's config that must not appear in a log or an error text: whatever a reference such as
 * `${env:NAME}` stood for, every header, variables and URL parameters whose names speak of secrets, passwords in URLs.
 * @param configured as in the file, with references
 * @param expanded the same with references replaced
 */
export function secretsOf(configured: ServerConfig, expanded: ServerConfig): string[] {
  const found: string[] = [];
  const pairs: [string | undefined, string | undefined][] = [
    [configured.command, expanded.command],
    [configured.url, expanded.url],
    ...expanded.args.map((value, index) => [configured.args[index], value] as [string, string]),
    ...[...Object.entries(expanded.env), ...Object.entries(expanded.headers)].map(([name, value]) =>
      [configured.env[name] ?? configured.headers[name], value] as [string | undefined, string]
    ),
  ];
  for (const [raw, value] of pairs) found.push(...referenced(raw, value));
  for (const [name, value] of Object.entries(expanded.env)) {
    if (secretName.test(name)) found.push(value);
  }
  for (const value of Object.values(expanded.headers)) {
    // "Bearer abc": a server may well log the token alone.
    found.push(value, value.slice(value.indexOf(" ") + 1));
  }
  found.push(...urlSecrets(expanded.url));
  return [...new Set(found)].filter((value) => value.length >= shortestSecret);
}

/**
 * A function that replaces secrets by asterisks.
 * @param secrets the values, in any order
 */
export function redactor(secrets: readonly string[]): (text: string) => string {
  // The longest first: one secret may be a part of another.
  const ordered = [...secrets].sort((one, other) => other.length - one.length);
  return (text) => ordered.reduce((shown, secret) => shown.replaceAll(secret, "***"), text);
}

/** What the references in `raw` stand for, read off by laying it over `value`. */
function referenced(raw: string | undefined, value: string | undefined): string[] {
  if (raw === undefined || value === undefined || raw === value) return [];
  const literal = raw.split(/\$\{[^}]*\}/).map((part) =>
    part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")
  );
  const match = new RegExp(`^${literal.join("([\\s\\S]*)")}$`).exec(value);
  return match === null ? [value] : match.slice(1);
}

function urlSecrets(url: string | undefined): string[] {
  if (url === undefined || !URL.canParse(url)) return [];
  const { password, searchParams } = new URL(url);
  const named = [...searchParams].filter(([name]) => secretName.test(name)).map(([, value]) =>
    value
  );
  // As it stands in the URL and as it is meant: an error text may hold either.
  return [password, ...named].flatMap((
    value,
  ) => [value, decoded(value), encodeURIComponent(value)]);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
