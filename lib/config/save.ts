/** Writes a changed config file: checked before, whole or not at all, and never over somebody else's change. */
import { ConfigError } from "./error.ts";
import { editFile } from "./edit_file.ts";
import { LARGEST, readConfigFile } from "./read.ts";
import { type ConfigDocument, parseConfig } from "./text.ts";

/** One change of a config's text; it may be asked for again if the file changes meanwhile. */
export type Edit = (text: string | undefined) => string | Promise<string>;

/** Edits of this process wait for each other here, and not in the lock, which they would have to poll. */
let previous: Promise<unknown> = Promise.resolve();

/**
 * Changes a config file. It is read anew each time, so a change made by hand meanwhile is kept, and replaced in one
 * step by `editFile`. Only a text that makes a valid config is written. The file is 0600 then.
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
  let document: ConfigDocument | undefined;
  await editFile(path, {
    read: () => readConfigFile(path),
    mode: () => 0o600,
    async edit(before) {
      const text = await edit(before?.text);
      document = await checked(text);
      return text;
    },
  });
  return document!;
}

async function checked(text: string): Promise<ConfigDocument> {
  if (new TextEncoder().encode(text).length > LARGEST) {
    throw new ConfigError(`the config would become larger than ${LARGEST / 1024 / 1024} MiB`);
  }
  // Line and column of a text that nobody has seen would help nobody; the fields do.
  return await parseConfig(text, "");
}
