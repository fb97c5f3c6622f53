/** Makes a client use mcpproxy, and undoes it. */
import { isObject } from "../json_object.ts";
import { isSame } from "../config/json_value.ts";
import { messageOf, UserError } from "../errors.ts";
import type { ClientDescription } from "./catalogue.ts";
import { type Entry, entryName, isOwnEntry } from "./entry.ts";
import type { Location } from "./locations.ts";
import {
  changeSettings,
  check,
  formatOf,
  readBackup,
  readSettings,
  type Settings,
  type SettingsChange,
} from "./settings_file.ts";

/** How a client stands to mcpproxy. */
export interface Connection {
  isConnected: boolean;
  /** Whether the entry is the one that we would write. */
  isCurrent: boolean;
  /** Why that could not be told; null if it could. */
  problem: string | null;
}

/** What was done, or would be. */
export interface Outcome {
  action: "connected" | "updated" | "replaced" | "disconnected" | "unchanged";
  /** The file before and after. */
  before: Settings;
  after: string;
  /** Where the former text is kept; null if it is not. */
  backup: string | null;
}

/** How a change is made. */
export interface ChangeOptions {
  /** Finds out what would be done. */
  dryRun: boolean;
  /** Replaces a server of the same name that is another, and makes a file for a client that is not there. */
  force: boolean;
}

type Plan = SettingsChange & Pick<Outcome, "action">;

/**
 * Finds out whether a client uses mcpproxy.
 * @param client the client
 * @param location of its settings
 * @param entry ours
 * @returns what is known; a file that cannot be read or understood is a problem, not an error
 */
export async function inspect(
  client: ClientDescription,
  { file }: Location,
  entry: Entry,
): Promise<Connection> {
  try {
    const { servers } = await readSettings(client, file);
    const own = ownNames(servers);
    const isCurrent = own.some((name) => holds(servers.get(name), entry));
    return { isConnected: own.length > 0, isCurrent, problem: null };
  } catch (error) {
    return { isConnected: false, isCurrent: false, problem: messageOf(error) };
  }
}

/**
 * Writes our entry into a client's settings, unless it is there.
 * @param client the client
 * @param location of its settings
 * @param entry ours
 * @param options how
 * @returns what was done
 * @throws {UserError} if the client is not installed, another server has our name, or the file cannot be changed
 */
export async function connect(
  client: ClientDescription,
  location: Location,
  entry: Entry,
  options: ChangeOptions,
): Promise<Outcome> {
  if (!location.isInstalled && !options.force) {
    throw new UserError(
      `${client.title} does not seem to be installed: there is no ${location.file}`,
      { next: `If it is, write the file anyway: mcpproxy connect ${client.id} --force` },
    );
  }
  return await carryOut(
    client,
    location.file,
    options,
    (settings) => planConnection(client, settings, entry, options.force),
  );
}

/**
 * Removes our entry from a client's settings, under whatever name.
 * @param client the client
 * @param location of its settings
 * @param options how
 * @returns what was done
 * @throws {UserError} if the file cannot be changed
 */
export async function disconnect(
  client: ClientDescription,
  location: Location,
  options: Pick<ChangeOptions, "dryRun">,
): Promise<Outcome> {
  // Nothing is made where there is nothing to remove.
  const before = await readSettings(client, location.file);
  if (before.file === undefined) return { action: "unchanged", before, after: "", backup: null };
  return await carryOut(
    client,
    location.file,
    options,
    async (settings) => planRemoval(client, settings, await readBackup(location.file)),
  );
}

async function carryOut(
  client: ClientDescription,
  file: string,
  { dryRun }: Pick<ChangeOptions, "dryRun">,
  planFor: (settings: Settings) => Promise<Plan>,
): Promise<Outcome> {
  const before = await readSettings(client, file);
  const plan = await planFor(before);
  const outcome = { action: plan.action, before, after: plan.text, backup: null };
  if (dryRun || plan.action === "unchanged") {
    await check(client, file, before, plan);
    return outcome;
  }
  let last: Outcome = outcome;
  const backup = await changeSettings(client, file, async (settings) => {
    const plan = await planFor(settings);
    last = { action: plan.action, before: settings, after: plan.text, backup: null };
    return plan;
  });
  return { ...last, backup };
}

async function planConnection(
  client: ClientDescription,
  { file, servers }: Settings,
  entry: Entry,
  force: boolean,
): Promise<Plan> {
  const name = ownNames(servers)[0] ?? entryName;
  const current = servers.get(name);
  const isOwn = isOwnEntry(current);
  const text = file?.text ?? "";
  const keepsFormer = !isOwn;
  if (isOwn && holds(current, entry)) return { action: "unchanged", text, servers, keepsFormer };
  if (current !== undefined && !isOwn && !force) {
    throw new UserError(
      `${client.title} already has a server named "${name}", which does not start mcpproxy`,
      { next: `Rename it, or have it replaced: mcpproxy connect ${client.id} --force` },
    );
  }
  const mode = isOwn ? "merge" : "replace";
  const value = isOwn && isObject(current) ? { ...current, ...entry } : entry;
  return {
    action: isOwn ? "updated" : current === undefined ? "connected" : "replaced",
    text: await formatOf(client).set(text, client.table, name, entry, mode),
    servers: new Map([...servers, [name, value]]),
    keepsFormer,
  };
}

async function planRemoval(
  client: ClientDescription,
  { file, servers }: Settings,
  backup: string | undefined,
): Promise<Plan> {
  const format = formatOf(client);
  const own = ownNames(servers);
  const rest = new Map([...servers].filter(([name]) => !own.includes(name)));
  let text = file?.text ?? "";
  if (own.length === 0) return { action: "unchanged", text, servers, keepsFormer: false };
  const undone = await beforeConnection(client, text, servers.get(own[0]!), backup);
  if (undone !== undefined && own.length === 1) {
    return { action: "disconnected", text: undone, servers: rest, keepsFormer: false };
  }
  for (const name of own) text = await format.remove(text, client.table, name);
  return { action: "disconnected", text, servers: rest, keepsFormer: false };
}

/**
 * An entry leaves traces: the braces of a table that was not there, a line end at the end of the file. Where connecting the
 * file that we have kept gives just the file as it is, nothing else has changed since, and that one can be put back.
 */
async function beforeConnection(
  client: ClientDescription,
  text: string,
  entry: unknown,
  backup: string | undefined,
): Promise<string | undefined> {
  if (backup === undefined) return undefined;
  try {
    const servers = await formatOf(client).parse(backup, "");
    const table = servers[client.table];
    if (isObject(table) && Object.hasOwn(table, entryName)) return undefined;
    const connected = await formatOf(client)
      .set(backup, client.table, entryName, entry as Entry, "replace");
    return connected === text ? backup : undefined;
  } catch {
    return undefined; // it was not ours, or has been changed
  }
}

function ownNames(servers: ReadonlyMap<string, unknown>): string[] {
  return [...servers].filter(([, value]) => isOwnEntry(value)).map(([name]) => name);
}

function holds(current: unknown, entry: Entry): boolean {
  return isObject(current) &&
    Object.entries(entry).every(([field, value]) => isSame(current[field], value));
}
