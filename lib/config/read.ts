/** Reads a text file that decides what we do, after making sure that nobody else could have written it. */
import { ExitCode, messageOf } from "../errors.ts";
import { ConfigError } from "./error.ts";
import { files } from "./files.ts";

/** The text of a file, and what its user should hear about it. */
export interface FileText {
  /** The contents without a byte order mark. */
  text: string;
  /** True if a byte order mark stood before it, which a save puts back. */
  hasByteOrderMark: boolean;
  /** Permission bits; 0600 where there are none. */
  mode: number;
  warnings: string[];
}

/** Which files are read. */
export interface FileRules {
  /** Bytes; beyond it the file is something else, or an attempt to eat our memory. */
  largest: number;
  /**
   * Looks at owner and mode of the open file, and of a symbolic link to it.
   * @returns what its user should hear
   * @throws {ConfigError} if it cannot be trusted
   */
  vet(path: string, info: Deno.FileInfo): string[];
  /** What to do about a path at which there is no regular file. */
  next: string;
}

/** Bytes. No config of ours comes near it. */
export const LARGEST = 8 * 1024 * 1024;

const CONFIG_RULES: FileRules = {
  largest: LARGEST,
  vet: files.vet,
  next: "Move it away or name another file with --config.",
};

/**
 * Reads our config file.
 * @param path absolute; may be a symbolic link of our own
 * @returns its text; undefined if there is no such file
 * @throws {ConfigError} if it is no regular file, over 8 MiB or not UTF-8 (exit code 4); if another user owns it,
 * others may write it, or it cannot be read (exit code 5)
 */
export async function readConfigFile(path: string): Promise<FileText | undefined> {
  return await readTextFile(path, CONFIG_RULES);
}

/**
 * Reads a text file.
 * @param path absolute; may be a symbolic link
 * @param rules what is refused beside what is no regular file or not UTF-8
 * @returns its text; undefined if there is no such file
 * @throws {ConfigError} with exit code 5 if it cannot be read, else 4
 */
export async function readTextFile(path: string, rules: FileRules): Promise<FileText | undefined> {
  try {
    const info = await Deno.lstat(path);
    if (info.isSymlink) rules.vet(path, info);
    // Asked before opening: to open a FIFO would wait for somebody to write into it.
    examine(path, info.isSymlink ? await followed(path) : info, rules);
    using file = await Deno.open(path);
    // Asked again of what was opened, which may have taken the place of the other.
    const opened = await file.stat();
    const warnings = examine(path, opened, rules);
    const mode = (opened.mode ?? 0o600) & 0o777;
    return { ...decode(path, await readAll(file, opened.size, path)), mode, warnings };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof ConfigError) throw error;
    throw explained(error, `could not read ${path}`);
  }
}

/**
 * Turns an error of the system into one for the user.
 * @param error as thrown by Deno
 * @param what what was being done, with the path
 * @returns exit code 5 if it is about permissions, else 4
 */
export function explained(error: unknown, what: string): ConfigError {
  const denied = error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotCapable;
  return new ConfigError(`${what}: ${messageOf(error)}`, {
    exitCode: denied ? ExitCode.permission : ExitCode.configuration,
    cause: error,
    next: denied
      ? "Check who owns the file and the folders above it, and their modes."
      : "Check the path and the disk.",
  });
}

async function followed(path: string): Promise<Deno.FileInfo> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new ConfigError(`${path} is a symbolic link to a file that does not exist`, {
      next: "Create the file or remove the link.",
    });
  }
}

/** Refuses all but regular files that may be trusted; returns what the user should hear of the others. */
function examine(path: string, info: Deno.FileInfo, rules: FileRules): string[] {
  if (!info.isFile) {
    throw new ConfigError(`${path} is ${info.isDirectory ? "a directory" : "not a regular file"}`, {
      next: rules.next,
    });
  }
  if (info.size > rules.largest) {
    throw new ConfigError(`${path} is larger than ${rules.largest / 1024 / 1024} MiB`, {
      next: "Check that this is the right file.",
    });
  }
  return rules.vet(path, info);
}

/** Reads no more than was measured, so a file that grows meanwhile cannot fill our memory. */
async function readAll(file: Deno.FsFile, size: number, path: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(size + 1);
  let end = 0;
  while (end < bytes.length) {
    const count = await file.read(bytes.subarray(end));
    if (count === null) return bytes.subarray(0, end);
    end += count;
  }
  throw new ConfigError(`${path} is being written at this moment`, { next: "Try again." });
}

function decode(path: string, bytes: Uint8Array): { text: string; hasByteOrderMark: boolean } {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const hasByteOrderMark = text.startsWith("\uFEFF");
    return { text: hasByteOrderMark ? text.slice(1) : text, hasByteOrderMark };
  } catch {
    throw new ConfigError(`${path} is not UTF-8 text`, { next: "Save it as UTF-8." });
  }
}
