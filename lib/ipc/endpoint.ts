/**
 * Where the private channel lies. One function for core, tray and command line alike, so that they cannot disagree
 * (design of `spec/socket-communication.md`, "File Locations").
 */
import { ExitCode, UserError } from "../errors.ts";
import type { OperatingSystem } from "../platform.ts";
import { posix } from "../path.ts";

/** The address of the private channel. */
export type Endpoint =
  | { kind: "unix"; path: string }
  | { kind: "pipe"; name: string };

/** What the socket is called where it lies in the data directory. */
export const socketName = "mcpproxy.sock";

/** What the endpoint is resolved from; the first of `flag`, `environment` and `config` that is set wins. */
export interface EndpointSources {
  os: OperatingSystem;
  /** `--tray-endpoint` */
  flag?: string | undefined;
  /** `MCPPROXY_TRAY_ENDPOINT` */
  environment?: string | undefined;
  /** `tray_endpoint` of the config file */
  config?: string | undefined;
  /** The real path of the data directory. */
  dataDirectory: string;
  /** True if the data directory is the default one of this user. */
  isDefaultDataDirectory: boolean;
  /** The name in Windows' USERNAME; only used there. */
  userName?: string | undefined;
  /** A folder that only this user may write, for sockets whose own folder is too deep; see {@linkcode shortSocketFolder}. */
  shortFolder: string;
}

/** An endpoint that was given and cannot be used. */
export class EndpointError extends UserError {
  override readonly name = "EndpointError";
  /** @param message what is wrong with it @param next what to give instead */
  constructor(message: string, next: string) {
    super(message, { next, exitCode: ExitCode.configuration });
  }
}

/**
 * The longest socket path in bytes, without the NUL: `sun_path` has 108 bytes on Linux (unix(7)) and 104 on macOS (unix(4)).
 * @param os the system
 * @returns 107 or 103
 */
export function maxSocketPathBytes(os: OperatingSystem): number {
  return os === "darwin" ? 103 : 107;
}

const bytes = (text: string): number => new TextEncoder().encode(text).length;

/**
 * Reads an endpoint as a user writes it.
 * @param text `unix:///absolute/path` or `npipe:////./pipe/name`
 * @param os the system it shall work on
 * @param given where it came from, for the error text: "--tray-endpoint", "MCPPROXY_TRAY_ENDPOINT" …
 * @returns the endpoint
 * @throws {EndpointError} if the scheme is unknown, the path is relative or too long, or the system has no such thing
 */
export function parseEndpoint(text: string, os: OperatingSystem, given: string): Endpoint {
  const example = os === "windows" ? "npipe:////./pipe/mcpproxy-me" : "unix:///tmp/mcpproxy.sock";
  const refuse = (why: string) =>
    new EndpointError(`${given}: ${why}`, `Give one like ${example}.`);
  // deno-lint-ignore no-control-regex -- control characters are what this refuses
  if (/[\u0000-\u001f\u007f]/.test(text)) throw refuse("control characters in the endpoint");
  if (text.startsWith("unix://")) {
    if (os === "windows") throw refuse("Unix sockets are not used on Windows");
    const path = text.slice("unix://".length);
    if (!path.startsWith("/")) throw refuse(`"${text}" is not an absolute path`);
    const normal = posix.normalize(path);
    if (normal.endsWith("/")) throw refuse(`"${text}" names a directory`);
    const limit = maxSocketPathBytes(os);
    if (bytes(normal) > limit) {
      throw refuse(`the socket path has ${bytes(normal)} bytes, the system allows ${limit}`);
    }
    return { kind: "unix", path: normal };
  }
  if (text.startsWith("npipe://")) {
    if (os !== "windows") throw refuse("named pipes exist on Windows only");
    const name = /^npipe:\/\/\/\/\.\/pipe\/([^/\\]+)$/.exec(text)?.[1];
    if (name === undefined) throw refuse(`"${text}" is not of the form npipe:////./pipe/NAME`);
    if (name.length > 240) throw refuse("the pipe name is longer than 240 characters");
    return { kind: "pipe", name: `\\\\.\\pipe\\${name}` };
  }
  throw refuse(`unsupported scheme in "${text}" (expected unix:// or npipe://)`);
}

/**
 * The endpoint of a data directory.
 * @param sources what may name it
 * @returns the endpoint that was given, else the derived one
 * @throws {EndpointError} if one was given that cannot work
 */
export async function resolveEndpoint(sources: EndpointSources): Promise<Endpoint> {
  const { os, flag, environment, config } = sources;
  if (flag) return parseEndpoint(flag, os, "--tray-endpoint");
  if (environment) return parseEndpoint(environment, os, "MCPPROXY_TRAY_ENDPOINT");
  if (config) return parseEndpoint(config, os, "tray_endpoint");
  return await derivedEndpoint(sources);
}

async function derivedEndpoint(sources: EndpointSources): Promise<Endpoint> {
  const { os, dataDirectory } = sources;
  if (os === "windows") {
    const user = (sources.userName || "default").replaceAll(/[/\\]/g, "-");
    // Windows paths are the same in any case and with either slash.
    const folded = dataDirectory.replaceAll("/", "\\").replace(/\\+$/, "").toLowerCase();
    const suffix = sources.isDefaultDataDirectory ? "" : `-${await shortHash(folded)}`;
    return { kind: "pipe", name: `\\\\.\\pipe\\mcpproxy-${user}${suffix}` };
  }
  const path = posix.join(dataDirectory, socketName);
  if (bytes(path) <= maxSocketPathBytes(os)) return { kind: "unix", path };
  const short = posix.join(sources.shortFolder, `mcpproxy-${await shortHash(dataDirectory)}.sock`);
  if (bytes(short) > maxSocketPathBytes(os)) {
    throw new EndpointError(
      `no socket path is short enough: both ${path} and ${short} are too long`,
      "Give one with --tray-endpoint unix:///…",
    );
  }
  return { kind: "unix", path: short };
}

/**
 * The folder for sockets whose data directory is too deep for a socket path.
 * @param environment reads an environment variable
 * @param uid this user's id
 * @returns `$XDG_RUNTIME_DIR/mcpproxy`, else `/tmp/mcpproxy-<uid>`; not yet created
 */
export function shortSocketFolder(
  environment: (name: string) => string | undefined,
  uid: number,
): string {
  const runtime = environment("XDG_RUNTIME_DIR");
  return runtime?.startsWith("/") ? posix.join(runtime, "mcpproxy") : `/tmp/mcpproxy-${uid}`;
}

/** The first 8 hex digits of SHA-256, as the Go program's clients derive theirs. */
async function shortHash(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex().slice(0, 8);
}

/**
 * An endpoint as it is written in configs, logs and answers.
 * @param endpoint the endpoint
 * @returns `unix:///path` or `npipe:////./pipe/name`
 */
export function formatEndpoint(endpoint: Endpoint): string {
  return endpoint.kind === "unix"
    ? `unix://${endpoint.path}`
    : `npipe:////./pipe/${endpoint.name.slice("\\\\.\\pipe\\".length)}`;
}
