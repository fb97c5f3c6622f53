/** Finds the secrets in a config: to mask them before it is shown, and to keep them out of logs. */
import { isObject, type JsonObject } from "../json_object.ts";
import { type Environment, variable } from "./environment.ts";
import { isDeeperThan } from "./json_tree.ts";
import { REFERENCE } from "./references.ts";

/** What every mask begins with. */
export const MASK = "••••";

/** Maps whose values are secrets whatever they are called. */
const SECRET_MAPS = new Set(["env", "headers", "extra_params", "custom_vars"]);

/** Words that make a name the name of a secret; a name is cut into words at `_`, `-`, `.` and capitals. */
const SECRET_WORDS = new Set(
  ("apikey auth authorization bearer cookie cookies credential credentials dsn jwt key keys otp pass passphrase " +
    "passwd password passwords passcode pat pin pwd secret secrets session sig signature token tokens")
    .split(" "),
);
const SECRET_PARTS =
  /apikey|accesskey|privatekey|secretkey|password|passwd|passphrase|secret|credential|(?:auth|access|api|refresh|bearer)token/;

/** Nothing but references, if need be after the name of an authentication scheme. */
const ONLY_REFERENCES = new RegExp(
  `^(?:(?:Bearer|Basic|Token)\\s+)?(?:${REFERENCE.source})+$`,
  "i",
);

/** Well-known beginnings of tokens. */
const TOKEN =
  /\b(?:gh[oprsu]_|github_pat_|glpat-|sk-|xox[a-z]-|AKIA|AIza|eyJ|hf_|npm_|mcp_agt_)[\w.-]{8,}/g;

/** Called with each secret; what it returns stands in its place. `isSure` is false where only a plain name was seen. */
type Replace = (secret: string, isSure: boolean) => string;

/**
 * Masks a secret in the manner of the Go program.
 * @param secret any text
 * @returns `••••ef (6 chars)`; under six characters none is shown; an empty secret stays empty
 */
export function maskSecret(secret: string): string {
  if (secret === "") return "";
  const characters = [...secret];
  const shown = characters.length < 6 ? "" : characters.slice(-2).join("");
  return `${MASK}${shown} (${characters.length} chars)`;
}

/**
 * Masks every secret in a config or a part of one: API key, values of `env` and `headers`, what has a secret's name,
 * passwords and tokens in URLs and in arguments, and each of these wherever else it stands, as in an argument without a
 * name. Values that only refer to a variable stay as they are.
 * @param raw a JSON object as read from a config file, unknown fields included
 * @returns a copy with masks
 */
export function maskConfig(raw: JsonObject): JsonObject {
  const secrets = secretsOf(raw, {}).filter((secret) => secret.length >= 6);
  return maskRepeated(walk(raw, false, maskSecret), secrets) as JsonObject;
}

function maskRepeated(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === "string") {
    if (value.startsWith(MASK)) return value;
    return secrets.reduce((text, secret) => text.replaceAll(secret, maskSecret(secret)), value);
  }
  if (Array.isArray(value)) return value.map((item) => maskRepeated(item, secrets));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, maskRepeated(item, secrets)]),
  );
}

/**
 * Lists what must not appear in a log. Short and plain values under plain names, such as `PORT=3000`, are left out:
 * to redact them would make logs useless.
 * @param raw a JSON object as read from a config file
 * @param environment variables, for MCPPROXY_API_KEY and the values behind `${env:NAME}`
 * @returns the secrets in clear, longest first
 */
export function secretsOf(
  raw: JsonObject,
  environment: Environment,
): string[] {
  const found = new Set<string>();
  const add: Replace = (secret, isSure) => {
    const bare = secret.replace(/^(?:Bearer|Basic|Token)\s+/i, "");
    for (const candidate of [secret, bare]) {
      if (candidate.length >= 4 && (isSure || looksRandom(candidate))) found.add(candidate);
    }
    return secret;
  };
  walk(raw, false, add);
  add(variable(environment, "MCPPROXY_API_KEY") ?? "", true);
  for (const [, kind, name] of JSON.stringify(raw).matchAll(REFERENCE)) {
    const value = kind === "env" ? variable(environment, name!) : undefined;
    if (value) add(value, isSecretName(name!));
  }
  return [...found].sort((one, other) => other.length - one.length);
}

function walk(value: unknown, isSecret: boolean, replace: Replace, isSure = isSecret): unknown {
  if (typeof value === "string") {
    return isSecret ? surely(value, replace, isSure) : replaceWithin(value, replace);
  }
  if (typeof value === "number") return isSecret ? replace(String(value), isSure) : value;
  if (Array.isArray(value)) {
    // In a list of arguments a value may follow its flag as an element of its own.
    return value.map((entry, index) => {
      const follows = isSecretFlag(value[index - 1]) && typeof entry === "string" &&
        !entry.startsWith("-");
      return walk(entry, isSecret || follows, replace, isSure || follows);
    });
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const byName = isSecretName(name);
      const inside = isSecret || byName || SECRET_MAPS.has(name);
      return [name, walk(member, inside, replace, isSure || byName)];
    }),
  );
}

/** Secrets inside of a text that is none as a whole: a URL, an argument, a header, JSON, a command line. */
function replaceWithin(text: string, replace: Replace): string {
  const whole = /^(-{0,2}[\w.-]+)(=|:\s*)(.+)$/s.exec(text);
  if (whole && isSecretName(whole[1]!)) return whole[1]! + whole[2] + surely(whole[3]!, replace);
  const json = /^\s*[[{"]/.test(text) ? parsed(text) : undefined;
  if (json !== undefined) return JSON.stringify(walk(json, false, replace));
  let previous = "";
  return text.replace(/\S+/g, (quoted) => {
    const [opening, word, closing] = unquoted(quoted);
    const isAnnounced = isSecretFlag(previous) || isSecretHeader(previous) || isScheme(previous);
    previous = word;
    const isSecret = isAnnounced && !word.startsWith("-") && !isScheme(word);
    return opening + (isSecret ? surely(word, replace) : replaceInWord(word, replace)) + closing;
  });
}

function replaceInWord(word: string, replace: Replace): string {
  const assignment = /^(-{0,2}[\w.-]+)=(.+)$/s.exec(word);
  if (!assignment) return replaceInValue(word, replace);
  const [opening, value, closing] = unquoted(assignment[2]!);
  const isSecret = isSecretName(assignment[1]!);
  return `${assignment[1]}=${opening}${
    isSecret ? surely(value, replace) : replaceInValue(value, replace)
  }${closing}`;
}

function replaceInValue(value: string, replace: Replace): string {
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(value)) return replaceInUrl(value, replace);
  return value.replace(TOKEN, (token) => replace(token, true));
}

function surely(secret: string, replace: Replace, isSure = true): string {
  return secret === "" || ONLY_REFERENCES.test(secret) ? secret : replace(secret, isSure);
}

/** JSON that stands in a string, as some servers take their configuration in one argument. */
function parsed(text: string): unknown {
  if (isDeeperThan(text, 20)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A word of a command line without its quotes, and what stood before and behind it. */
function unquoted(word: string): [opening: string, inner: string, closing: string] {
  const isQuote = (index: number) => word[index] === '"' || word[index] === "'";
  let start = 0;
  let end = word.length;
  while (isQuote(start)) start++;
  while (end > start && isQuote(end - 1)) end--;
  return [word.slice(0, start), word.slice(start, end), word.slice(end)];
}

function replaceInUrl(url: string, replace: Replace): string {
  const sure = (secret: string) => surely(secret, replace);
  const [, scheme, authority, path, rest] = /^([^:]*:\/\/)([^/?#]*)([^?#]*)(.*)$/s.exec(url)!;
  const at = authority!.lastIndexOf("@");
  const parts = authority!.slice(0, Math.max(at, 0)).split(":");
  // A name before a password is hidden too, but being often a plain word it is no sure secret.
  const user = parts.map((part, index) => surely(part, replace, index === parts.length - 1)).join(
    ":",
  );
  const inPath = path!.replace(
    /[^/]+/g,
    (step) => looksRandom(step) && step.length >= 20 ? sure(step) : step,
  );
  const inRest = rest!.replace(/([?#&;])([^=&;#?]*)=([^&;#]*)/g, (_, before, name, value) => {
    const isSecret = isSecretName(name) || (value.length >= 20 && looksRandom(value));
    return `${before}${name}=${isSecret ? sure(value) : value}`;
  });
  return scheme + user + authority!.slice(Math.max(at, 0)) + inPath + inRest;
}

function isSecretName(name: string): boolean {
  const words = name.replace(/([a-z\d])([A-Z])/g, "$1_$2").toLowerCase().split(/[^a-z\d]+/);
  return words.some((word) => SECRET_WORDS.has(word)) || SECRET_PARTS.test(words.join(""));
}

function isSecretFlag(argument: unknown): boolean {
  return typeof argument === "string" && /^--?[\w-]+$/.test(argument) && isSecretName(argument);
}

function isScheme(word: string): boolean {
  return /^(?:Bearer|Basic)$/i.test(word);
}

function isSecretHeader(word: string): boolean {
  return /^[\w-]+:$/.test(word) && isSecretName(word);
}

/** Long, and of more than one kind of character, as tokens are and words, paths and addresses are not. */
function looksRandom(text: string): boolean {
  return /^[\w~+/=-]{8,}$/.test(text) && !/^[~/]/.test(text) && /\d/.test(text) &&
    /[A-Za-z]/.test(text);
}
