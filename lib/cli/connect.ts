/** `mcpproxy connect` and `disconnect`: make AI clients use mcpproxy. */
import { type ClientDescription, clients } from "../clients/catalogue.ts";
import { connect, disconnect, inspect, type Outcome } from "../clients/connection.ts";
import { difference } from "../clients/difference.ts";
import { type Entry, entryFor } from "../clients/entry.ts";
import type { Inputs } from "../config/paths.ts";
import { ExitCode } from "../errors.ts";
import { ownProgram } from "../launch/core_program_files.ts";
import { stdioCommand } from "../launch/stdio_command.ts";
import type { ClientChange, ClientList } from "./answers.ts";
import { clientNamed, locationOf } from "./clients.ts";
import type { Context } from "./context.ts";
import { present } from "./output.ts";
import { table } from "./table.ts";
import { printable } from "./text.ts";

/** Options of `connect`. */
export interface ConnectOptions {
  dryRun: boolean;
  force: boolean;
}

type ListedClient = ClientList["clients"][number];

/**
 * Writes our entry into a client's settings.
 * @param context of the command
 * @param word names the client
 * @param options how
 * @returns exit code 0
 * @throws {UserError} if there is no such client, it is not installed, or its settings cannot be changed
 */
export async function connectClient(
  { inputs, format }: Context,
  word: string,
  options: ConnectOptions,
): Promise<ExitCode> {
  const client = clientNamed(word);
  const location = locationOf(client, inputs);
  const outcome = await connect(client, location, ownEntry(client, inputs), options);
  return await tell(format, client, location.file, outcome, options.dryRun, "already connected");
}

/**
 * Removes our entry from a client's settings.
 * @param context of the command
 * @param word names the client
 * @param options how
 * @returns exit code 0, also if there was none
 * @throws {UserError} if there is no such client, or its settings cannot be changed
 */
export async function disconnectClient(
  { inputs, format }: Context,
  word: string,
  options: Pick<ConnectOptions, "dryRun">,
): Promise<ExitCode> {
  const client = clientNamed(word);
  const { file } = locationOf(client, inputs);
  const outcome = await disconnect(client, { file, isInstalled: true }, options);
  return await tell(format, client, file, outcome, options.dryRun, "not connected");
}

/**
 * Tells of each client whether it is installed and uses mcpproxy.
 * @param context of the command
 * @returns exit code 0
 */
export async function listClients({ inputs, format }: Context): Promise<ExitCode> {
  const listed = await Promise.all(clients.map(async (client): Promise<ListedClient> => {
    const location = locationOf(client, inputs);
    const found = await inspect(client, location, ownEntry(client, inputs));
    return {
      client: client.id,
      title: client.title,
      installed: location.isInstalled,
      connected: found.isConnected,
      current: found.isCurrent,
      file: location.file,
      problem: found.problem,
    };
  }));
  const answer: ClientList = { clients: listed };
  await present(format, answer, () => listText(listed));
  return ExitCode.ok;
}

async function listText(listed: ListedClient[]): Promise<string> {
  const problems = listed.filter(({ problem }) => problem !== null)
    .map(({ title, problem }) => `${title}: ${printable(problem!)}`);
  const rows = await table(listed, [
    { title: "CLIENT", text: ({ client }) => client, whole: true },
    {
      title: "INSTALLED",
      text: ({ installed }) => installed ? "yes" : "no",
      colour: ({ installed }) => installed ? undefined : "grey",
    },
    {
      title: "CONNECTED",
      text: connectedWord,
      colour: (client) => client.problem ? "red" : client.current ? "green" : "grey",
    },
    { title: "FILE", text: ({ file }) => file },
  ]);
  return [rows, ...problems.length > 0 ? ["", ...problems] : []].join("\n");
}

function connectedWord({ problem, connected, current }: ListedClient): string {
  if (problem !== null) return "?";
  if (!connected) return "no";
  return current ? "yes" : "otherwise";
}

async function tell(
  format: Context["format"],
  client: ClientDescription,
  file: string,
  { action, before, after, backup }: Outcome,
  dryRun: boolean,
  unchanged: string,
): Promise<ExitCode> {
  const former = before.file?.text ?? null;
  const diff = dryRun ? difference(file, former, after, before.value) : null;
  const answer: ClientChange = {
    client: client.id,
    file,
    action,
    dry_run: dryRun,
    backup,
    diff,
  };
  await present(format, answer, () => {
    if (diff) return diff;
    return outcomeText(client, file, action, backup, unchanged);
  });
  return ExitCode.ok;
}

const words: Record<Exclude<Outcome["action"], "unchanged">, string> = {
  connected: "connected",
  updated: "connected; its entry was another one of mcpproxy",
  replaced: "connected, in place of the other server of that name",
  disconnected: "disconnected",
};

function outcomeText(
  client: ClientDescription,
  file: string,
  action: Outcome["action"],
  backup: string | null,
  unchanged: string,
): string {
  if (action === "unchanged") return `${client.title}: ${unchanged} (${file})`;
  return [
    `${client.title}: ${words[action]}`,
    `  file    ${file}`,
    ...backup === null ? [] : [`  before  ${backup}`],
    `  next    ${client.after}`,
  ].join("\n");
}

function ownEntry(client: ClientDescription, inputs: Inputs): Entry {
  return entryFor(client, stdioCommand(ownProgram(), inputs));
}
