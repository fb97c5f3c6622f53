/** From a server as a client has it to one as our config has it. Pure. */
import { isObject, type JsonObject } from "../json_object.ts";
import type { ClientDescription } from "./catalogue.ts";
import { NotTransferable, transferReferences } from "./references.ts";

/** A server as `POST /api/v1/servers` takes it. */
export interface TransferredServer {
  name: string;
  protocol?: "stdio" | "http" | "sse" | "streamable-http";
  command?: string;
  args?: string[];
  working_dir?: string;
  env?: Record<string, string>;
  url?: string;
  headers?: Record<string, string>;
  enabled: boolean;
  /** What a person has in use is trusted by that person already. */
  quarantined: false;
}

const protocols: Readonly<Record<string, TransferredServer["protocol"]>> = {
  "stdio": "stdio",
  "http": "http",
  "sse": "sse",
  "streamable-http": "streamable-http",
  "streamable_http": "streamable-http",
  "streamableHttp": "streamable-http",
};

/**
 * Takes over one entry.
 * @param client whose it is
 * @param name what the client calls it
 * @param value the entry, as it stands in the client's file
 * @param home the home directory
 * @returns the server
 * @throws {NotTransferable} if it cannot work outside the client
 */
export function transfer(
  client: ClientDescription,
  name: string,
  value: unknown,
  home: string,
): TransferredServer {
  if (!isObject(value)) throw new NotTransferable("it is no server");
  if (value.envFile !== undefined) {
    throw new NotTransferable("its variables are in an envFile; write them into env first");
  }
  const entry = flattened(value);
  const rewrite = (text: string, field: string) => transferReferences(text, field, client, home);
  const server: TransferredServer = {
    name: serverName(name),
    enabled: entry.disabled !== true && entry.enabled !== false,
    quarantined: false,
  };
  const type = typeOf(entry, client);
  const url = entry.httpUrl ?? entry.serverUrl ?? entry.url;
  if (typeof entry.command === "string" && type === "stdio") {
    server.protocol = "stdio";
    server.command = rewrite(entry.command, "command");
    server.args = texts(entry.args, "args").map((text, at) => rewrite(text, `args[${at}]`));
    const env = { ...passedOn(entry.env_vars), ...rewritten(entry.env, "env", rewrite) };
    if (Object.keys(env).length > 0) server.env = env;
    if (typeof entry.cwd === "string") server.working_dir = rewrite(entry.cwd, "cwd");
  } else if (typeof url === "string") {
    if (type !== undefined) server.protocol = type;
    server.url = rewrite(url, "url");
    const headers = {
      ...rewritten(entry.headers ?? entry.http_headers, "headers", rewrite),
      ...headersFromVariables(entry),
    };
    if (Object.keys(headers).length > 0) server.headers = headers;
  } else {
    throw new NotTransferable("it has neither a command nor a url, as one of an extension");
  }
  return server;
}

/** Zed once kept path, args and env in an object of their own. */
function flattened(entry: JsonObject): JsonObject {
  const { command } = entry;
  return isObject(command) ? { ...entry, ...command, command: command.path } : entry;
}

function typeOf(entry: JsonObject, client: ClientDescription): TransferredServer["protocol"] {
  const said = entry.type ?? entry.transport;
  if (typeof said === "string" && said !== "") {
    const protocol = Object.hasOwn(protocols, said) ? protocols[said] : undefined;
    if (protocol) return protocol;
    throw new NotTransferable("its type is none that mcpproxy offers");
  }
  if (typeof entry.command === "string") return "stdio";
  if (entry.httpUrl !== undefined) return "http";
  return client.plainUrl === "auto" ? undefined : client.plainUrl;
}

/** A name stands in addresses and in names of tools. */
function serverName(name: string): string {
  const plain = name.replace(/[:/\p{Cc}\p{Cs}]+/gu, "-").slice(0, 200).toWellFormed();
  return /^\.{0,2}$/.test(plain) ? "server" : plain;
}

function texts(value: unknown, field: string): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new NotTransferable(`${field} is no list`);
  return value.map((item, at) => asText(item, `${field}[${at}]`));
}

function rewritten(
  value: unknown,
  field: string,
  rewrite: (text: string, field: string) => string,
): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw new NotTransferable(`${field} does not hold values by name`);
  return Object.fromEntries(
    Object.entries(value).filter(([, item]) => item !== null).map(([name, item]) => {
      const place = `${field}.${name.slice(0, 60)}`;
      return [name, rewrite(asText(item, place), place)];
    }),
  );
}

function asText(value: unknown, field: string): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new NotTransferable(`${field} is no text`);
}

/** Codex names variables that it hands on: `"NAME"` or `{ name = "NAME" }`. */
function passedOn(value: unknown): Record<string, string> {
  if (!Array.isArray(value)) return {};
  const names = value.map((item) => isObject(item) ? item.name : item);
  return Object.fromEntries(
    names.filter((name) => typeof name === "string").map((name) => [name, `\${env:${name}}`]),
  );
}

/** Codex again: headers whose values are in variables. */
function headersFromVariables(entry: JsonObject): Record<string, string> {
  const headers = Object.entries(isObject(entry.env_http_headers) ? entry.env_http_headers : {})
    .map(([header, name]) => [header, `\${env:${String(name)}}`]);
  const bearer = entry.bearer_token_env_var;
  if (typeof bearer === "string") headers.push(["Authorization", `Bearer \${env:${bearer}}`]);
  return Object.fromEntries(headers);
}
