/** Writes a changed config file: checked before, whole or not at all, and never over somebody else's change. */
import { basename, dirname, join } from "node:path";
import { ConfigError } from "./error.ts";
import { files } from "./files.ts";
import { type ConfigText, explained, LARGEST, readConfigFile } from "./read.ts";
import { type ConfigDocument, parseConfig } from "./text.ts";

/** One change of a config's text; it may be asked for again if the file changes meanwhile. */
export type Edit = (text: string | undefined) => string | Promise<string>;

/** A temporary file of this age is nobody's any more. */
const ABANDONED_AFTER = 60_000;

/** Edits of this process wait for each other here, and not in the lock, which they would have to poll. */
let previous: Promise<unknown> = Promise.resolve();

/**
 * Changes a config file. It is read anew each time, so a change made by hand meanwhile is kept; processes of ours
 * take turns by a lock on the directory, and against all others the file is compared once more just before it is
 * replaced. Only a text that makes a valid config is written. The file is replaced in one step and is 0600 then;
 * where the path is a symbolic link, its target is replaced and the link stays.
 * @param path absolute
 * @param edit gets the text, or undefined if there is no file, and returns the new one; what it throws is passed on
 * @returns the document that now stands in the file
 * @throws {ConfigIssuesError} naming the fields if the result would not be a valid config
 * @throws {ConfigError} if the file cannot be read, trusted or written
 */
export function editConfig(path: string, edit: Edit): Promise<ConfigDocument> {
  const result = previous.then(() => editNow(path, edit));
  previous = result.catch(() => {});
  return result;
}

async function editNow(path: string, edit: Edit): Promise<ConfigDocument> {
  const target = await orExplained(`could not find ${path}`, () => targetOf(path));
  const directory = dirname(target);
  const held = await orExplained(
    `could not lock ${directory}`,
    () => files.holdDirectory(directory),
  );
  try {
    for (let attempt = 1; attempt <= 5; attempt++) {
      const before = await readConfigFile(path);
      const text = await edit(before?.text);
      const document = await checked(text);
      if (text === before?.text) return document;
      const replaced = await orExplained(`could not write ${target}`, async () => {
        await removeAbandoned(target);
        return await replaceIfSame(path, target, before, text) &&
          await held.sync().then(() => true);
      });
      if (replaced) return document;
    }
  } finally {
    held.release();
  }
  throw new ConfigError(`${path} keeps being changed by another program`, { next: "Try again." });
}

async function checked(text: string): Promise<ConfigDocument> {
  if (new TextEncoder().encode(text).length > LARGEST) {
    throw new ConfigError(`the config would become larger than ${LARGEST / 1024 / 1024} MiB`);
  }
  // Line and column of a text that nobody has seen would help nobody; the fields do.
  return await parseConfig(text, "");
}

/** Returns false, with nothing done, if the file is no longer what it was. */
async function replaceIfSame(
  path: string,
  target: string,
  before: ConfigText | undefined,
  text: string,
): Promise<boolean> {
  const temporary = join(dirname(target), temporaryName(target));
  try {
    await writeDurably(temporary, (before?.hasByteOrderMark ? "\uFEFF" : "") + text);
    const isSame = (await readConfigFile(path))?.text === before?.text;
    if (isSame) await files.replace(temporary, target);
    else await Deno.remove(temporary);
    return isSame;
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  const bytes = new TextEncoder().encode(text);
  for (let offset = 0; offset < bytes.length;) offset += await file.write(bytes.subarray(offset));
  await file.sync();
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
