/** Changes a text file in one step: whole or not at all, and never over somebody else's change. */
import { basename, dirname, join } from "node:path";
import { ConfigError } from "./error.ts";
import { files } from "./files.ts";
import { explained, type FileText } from "./read.ts";

/** A change of a file. Everything may be asked for again if the file changes meanwhile. */
export interface FileEdit {
  /** Reads the file; undefined if there is none. */
  read(): Promise<FileText | undefined>;
  /** The new text, without a byte order mark; the same text means that nothing is to be done. */
  edit(before: FileText | undefined): Promise<string>;
  /** Permission bits of the new file. */
  mode(before: FileText | undefined): number;
  /** Called just before the file is replaced, with its real path: to keep a copy. */
  beforeReplace?(before: FileText | undefined, target: string): Promise<void>;
}

/** A temporary file of this age is nobody's any more. */
const ABANDONED_AFTER = 60_000;

/**
 * Changes a text file. Processes of ours take turns by a lock on the directory, and against all others the file is
 * compared once more just before it is replaced. It is replaced by rename(2) after fsync(2); where the path is a
 * symbolic link, its target is replaced and the link stays. A byte order mark stays too.
 * @param path absolute; its folder must exist
 * @param edit what to do; what it throws is passed on
 * @returns whether anything was written
 * @throws {ConfigError} if the file cannot be written, or keeps being changed by another program
 */
export async function editFile(path: string, edit: FileEdit): Promise<boolean> {
  const target = await orExplained(`could not find ${path}`, () => targetOf(path));
  const directory = dirname(target);
  const held = await orExplained(
    `could not lock ${directory}`,
    () => files.holdDirectory(directory),
  );
  try {
    for (let attempt = 1; attempt <= 5; attempt++) {
      const before = await edit.read();
      const text = await edit.edit(before);
      if (text === before?.text) return false;
      const replaced = await orExplained(`could not write ${target}`, async () => {
        await removeAbandoned(target);
        return await replaceIfSame(target, edit, before, text) &&
          await held.sync().then(() => true);
      });
      if (replaced) return true;
    }
  } finally {
    held.release();
  }
  throw new ConfigError(`${path} keeps being changed by another program`, { next: "Try again." });
}

/**
 * Writes a text to a file that takes the place of another in one step.
 * @param target where; a symbolic link there is replaced itself
 * @param text with its byte order mark
 * @param mode permission bits
 * @param isStillDue asked last; false gives up
 * @returns whether it was written
 * @throws what the system says, with nothing left behind
 */
export async function replaceFile(
  target: string,
  text: string,
  mode: number,
  isStillDue: () => Promise<boolean> = () => Promise.resolve(true),
): Promise<boolean> {
  const temporary = join(dirname(target), temporaryName(target));
  try {
    await writeDurably(temporary, text, mode);
    const isDue = await isStillDue();
    if (isDue) await files.replace(temporary, target);
    else await Deno.remove(temporary);
    return isDue;
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

/** Returns false, with nothing done, if the file is no longer what it was. */
async function replaceIfSame(
  target: string,
  { read, mode, beforeReplace }: FileEdit,
  before: FileText | undefined,
  text: string,
): Promise<boolean> {
  const marked = (before?.hasByteOrderMark ? "\uFEFF" : "") + text;
  return await replaceFile(target, marked, mode(before), async () => {
    await beforeReplace?.(before, target);
    return (await read())?.text === before?.text;
  });
}

async function writeDurably(path: string, text: string, mode: number): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  const bytes = new TextEncoder().encode(text);
  for (let offset = 0; offset < bytes.length;) offset += await file.write(bytes.subarray(offset));
  // Not at creation, where the umask would take bits away.
  if (mode !== 0o600) await changeMode(path, file, mode);
  await file.sync();
}

/** Not by the path alone: in a folder that others may write, they could put a link to something else of ours in its place. */
async function changeMode(path: string, file: Deno.FsFile, mode: number): Promise<void> {
  // Which takes a start that writes nothing 20 ms. It is not what writes: its errors are not those that `explained` knows.
  const { constants, open } = await import("node:fs/promises");
  const again = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW);
  try {
    const [found, made] = [await again.stat(), await file.stat()];
    if (found.ino !== made.ino || found.dev !== made.dev) throw new Error(`${path} was replaced`);
    await again.chmod(mode);
  } finally {
    await again.close();
  }
}

async function targetOf(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return path;
    throw error;
  }
}

function temporaryName(target: string): string {
  const random = crypto.getRandomValues(new Uint8Array(8)).toHex();
  return `.${basename(target)}.${random}.tmp`;
}

/** Removes what saves have left behind that were killed in the middle. */
async function removeAbandoned(target: string): Promise<void> {
  const prefix = `.${basename(target)}.`;
  for await (const { name } of Deno.readDir(dirname(target))) {
    if (!name.startsWith(prefix) || !/^[0-9a-f]{16}\.tmp$/.test(name.slice(prefix.length))) {
      continue;
    }
    const path = join(dirname(target), name);
    const info = await Deno.lstat(path).catch(() => undefined);
    if (info?.mtime && Date.now() - info.mtime.getTime() > ABANDONED_AFTER) {
      await Deno.remove(path).catch(() => {});
    }
  }
}

async function orExplained<Result>(what: string, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    throw error instanceof ConfigError ? error : explained(error, what);
  }
}
