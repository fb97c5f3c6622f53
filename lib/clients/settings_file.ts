/** A client's settings file: how it is read, understood and replaced. */
import { dirname } from "node:path";
import type { JsonObject } from "../json_object.ts";
import { editFile, replaceFile } from "../config/edit_file.ts";
import { ConfigError } from "../config/error.ts";
import { isSame } from "../config/json_value.ts";
import { explained, type FileRules, type FileText, readTextFile } from "../config/read.ts";
import { ExitCode } from "../errors.ts";
import { shellWord } from "../shell_word.ts";
import type { ClientDescription } from "./catalogue.ts";
import { serversIn, type SettingsFormat } from "./format.ts";
import { jsonFormat } from "./json_format.ts";
import { tomlFormat } from "./toml_format.ts";

/** A settings file that was understood. */
export interface Settings {
  /** Undefined if there is no file. */
  file: FileText | undefined;
  /** The whole of it. */
  value: JsonObject;
  /** The servers in it, by name, as they stand there. */
  servers: Map<string, unknown>;
}

/** A change of a settings file, as text and as what it shall mean. */
export interface SettingsChange {
  text: string;
  /** The servers that the changed file must hold, everything else being as before. */
  servers: Map<string, unknown>;
  /** Whether the former text is to be kept beside the file. */
  keepsFormer: boolean;
}

/** Some clients keep their history in the same file. */
const rules: FileRules = {
  largest: 64 * 1024 * 1024,
  vet,
  next: "Move it away and try again.",
};

/**
 * The editor for a client's settings.
 * @param client the client
 */
export function formatOf({ format }: ClientDescription): SettingsFormat {
  return format === "toml" ? tomlFormat : jsonFormat(format === "jsonc");
}

/**
 * Reads a client's settings.
 * @param client whose they are
 * @param path of the file
 * @returns what is in there; nothing if there is no file
 * @throws {ConfigError} if the file cannot be read, trusted or parsed
 */
export async function readSettings(client: ClientDescription, path: string): Promise<Settings> {
  return await understood(client, path, await readTextFile(path, rules));
}

/**
 * Where the former text of a settings file is kept.
 * @param path of the file, by its real path
 */
export function backupOf(path: string): string {
  return `${path}.mcpproxy-backup`;
}

/**
 * The text that is kept beside a settings file.
 * @param path of the file; may be a symbolic link
 * @returns undefined if there is none, or none that could be trusted
 */
export async function readBackup(path: string): Promise<string | undefined> {
  try {
    return (await readTextFile(backupOf(await Deno.realPath(path)), rules))?.text;
  } catch {
    return undefined;
  }
}

/**
 * Changes a client's settings in one step. What the new text means is checked before it is written.
 * @param client whose they are
 * @param path of the file; it is made, with its folder, if it is missing
 * @param change is given the settings as they are, perhaps more than once; what it throws is passed on
 * @returns the former text's copy, if one was kept
 * @throws {ConfigError} if the file cannot be read, trusted, parsed or written
 */
export async function changeSettings(
  client: ClientDescription,
  path: string,
  change: (settings: Settings) => Promise<SettingsChange>,
): Promise<string | null> {
  let backup: string | null = null;
  let keepsFormer = false;
  const folder = dirname(path);
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 }).catch((error) => {
    throw explained(error, `could not create the folder ${folder}`);
  });
  await editFile(path, {
    read: () => readTextFile(path, rules),
    mode: (before) => before?.mode ?? 0o600,
    async edit(before) {
      if (before) refuseReadOnly(path, before);
      const settings = await understood(client, path, before);
      const changed = await change(settings);
      await check(client, path, settings, changed);
      keepsFormer = changed.keepsFormer;
      return changed.text;
    },
    async beforeReplace(before, target) {
      if (!before || !keepsFormer) return;
      const text = (before.hasByteOrderMark ? "\uFEFF" : "") + before.text;
      // For its owner alone, whatever the file's own mode: it may hold secrets, and nobody thinks of it any more.
      await replaceFile(backupOf(target), text, 0o600);
      backup = backupOf(target);
    },
  });
  return backup;
}

/**
 * Makes sure that a change means what it shall.
 * @throws {ConfigError} if it does not
 */
export async function check(
  client: ClientDescription,
  path: string,
  before: Settings,
  change: SettingsChange,
): Promise<void> {
  const { table } = client;
  const after = await formatOf(client).parse(change.text, path).catch(() => undefined);
  const rest = ({ [table]: _, ...others }: JsonObject) => others;
  const isAsMeant = after !== undefined && isSame(rest(after), rest(before.value)) &&
    isSame(Object.hasOwn(after, table) ? after[table] : {}, Object.fromEntries(change.servers));
  if (isAsMeant) return;
  throw new ConfigError(`${path} is written in a way that cannot be changed safely`, {
    next: `Change the entry "mcpproxy" of "${table}" by hand.`,
  });
}

async function understood(
  client: ClientDescription,
  path: string,
  file: FileText | undefined,
): Promise<Settings> {
  const value = await formatOf(client).parse(file?.text ?? "", path);
  return { file, value, servers: serversIn(value, client.table, path) };
}

/** To replace it would succeed, but its owner does not want it changed. */
function refuseReadOnly(path: string, { mode }: FileText): void {
  if (mode & 0o200) return;
  throw new ConfigError(`${path} is read-only (mode ${octal(mode)})`, {
    exitCode: ExitCode.permission,
    next: `If nothing else writes it, run: chmod u+w ${shellWord(path)}`,
  });
}

/** Who can write a client's settings can make the client start any program already; but not us. */
function vet(path: string, info: Deno.FileInfo): string[] {
  const user = Deno.uid();
  if (user === null) return []; // Windows: the access list of the user's profile keeps others out
  if (info.uid !== user) {
    throw new ConfigError(`${path} belongs to another user (uid ${info.uid})`, {
      exitCode: ExitCode.permission,
      next: "Run this as that user, or change the file where it comes from.",
    });
  }
  if (!info.isSymlink && (info.mode ?? 0) & 0o002) {
    throw new ConfigError(
      `${path} can be changed by every user (mode ${octal(info.mode ?? 0)})`,
      {
        exitCode: ExitCode.permission,
        next: `Look through it, then run: chmod o-w ${shellWord(path)}`,
      },
    );
  }
  return [];
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}
