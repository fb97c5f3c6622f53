/** `mcpproxy import`: takes over the servers that are configured in AI clients. */
import type { ApiClient } from "../client/api.ts";
import { NoCoreError } from "../client/connect.ts";
import { type ClientDescription, clients } from "../clients/catalogue.ts";
import { type FoundServer, type ImportItem, planImport } from "../clients/import_plan.ts";
import { readSettings } from "../clients/settings_file.ts";
import type { JsonObject } from "../json_object.ts";
import { isObject } from "../json_object.ts";
import { loadConfig } from "../config/load.ts";
import { type Inputs, variable } from "../config/paths.ts";
import { maskConfig } from "../config/secrets.ts";
import { ExitCode, messageOf, UserError } from "../errors.ts";
import type { ImportAnswer } from "./answers.ts";
import { askCore } from "./ask.ts";
import { clientNamed, locationOf } from "./clients.ts";
import type { Context } from "./context.ts";
import { present } from "./output.ts";
import { table } from "./table.ts";
import type { Colour } from "./text.ts";

/** Options of `import`. */
export interface ImportOptions {
  /** Takes over the servers of every client. */
  all: boolean;
  /** Only shows what would be added. */
  dryRun: boolean;
}

type Problem = ImportAnswer["problems"][number];

/** What became of a server. */
type Result = Omit<ImportItem, "action"> & { action: ImportItem["action"] | "added" | "failed" };

/**
 * Adds the servers of a client, or of all, to the running core's.
 * @param context of the command
 * @param word names the client; if neither it nor `all` is given, it is only shown what would be added
 * @param options how
 * @returns exit code 0; 1 if a server could not be added
 * @throws {UserError} if there is no such client, its settings cannot be read, or no core runs
 */
export async function importServers(
  { inputs, format }: Context,
  word: string | undefined,
  { all, dryRun }: ImportOptions,
): Promise<ExitCode> {
  if (word !== undefined && all) {
    throw new UserError("a client and --all exclude each other", {
      next: "Give one of them.",
      exitCode: ExitCode.configuration,
    });
  }
  const onlyShows = dryRun || (word === undefined && !all);
  const { found, problems } = word === undefined
    ? await findAll(inputs)
    : { found: await findIn(clientNamed(word), inputs), problems: [] };
  const plan = ({ servers, listen }: Ours) => planImport(found, servers, listen, homeOf(inputs));
  const results: Result[] = onlyShows
    ? plan(await oursOrConfigured(inputs))
    : await askCore(inputs, async (client) => await add(client, plan(await ours(client))))
      .catch((error) => {
        if (!(error instanceof NoCoreError)) throw error;
        throw new UserError(`${error.message}, so nothing was imported`, {
          next: "Start one: mcpproxy serve. What would be added: mcpproxy import --dry-run",
        });
      });
  const answer: ImportAnswer = { dry_run: onlyShows, servers: results.map(shown), problems };
  await present(format, answer, () => text(results, problems, onlyShows && !dryRun));
  return results.some(({ action }) => action === "failed") ? ExitCode.general : ExitCode.ok;
}

async function findAll(inputs: Inputs): Promise<{ found: FoundServer[]; problems: Problem[] }> {
  const found: FoundServer[] = [];
  const problems: Problem[] = [];
  for (const client of clients) {
    try {
      found.push(...await findIn(client, inputs));
    } catch (error) {
      problems.push({ client: client.id, problem: messageOf(error) });
    }
  }
  return { found, problems };
}

async function findIn(client: ClientDescription, inputs: Inputs): Promise<FoundServer[]> {
  const { servers } = await readSettings(client, locationOf(client, inputs).file);
  return [...servers].map(([name, value]) => ({ client, name, value }));
}

/** What decides about new servers. */
interface Ours {
  /** Our servers, secrets masked. */
  servers: JsonObject[];
  /** host:port */
  listen: string;
}

async function ours(client: ApiClient): Promise<Ours> {
  const [{ servers }, { listen_addr }] = await Promise.all([client.servers(), client.info()]);
  return { servers, listen: listen_addr };
}

/** To look does not take a core. */
async function oursOrConfigured(inputs: Inputs): Promise<Ours> {
  try {
    return await askCore(inputs, ours);
  } catch (error) {
    if (!(error instanceof NoCoreError)) throw error;
    const { config, document } = await loadConfig(inputs);
    const servers = Array.isArray(document.raw.mcpServers) ? document.raw.mcpServers : [];
    return { servers: servers.filter(isObject).map(maskConfig), listen: config.listen };
  }
}

/** One after the other: each is a change of the one config file. */
async function add(client: ApiClient, items: ImportItem[]): Promise<Result[]> {
  const results: Result[] = [];
  for (const item of items) {
    if (item.server === null) {
      results.push(item);
      continue;
    }
    try {
      await client.addServer({ ...item.server });
      results.push({ ...item, action: "added" });
    } catch (error) {
      results.push({ ...item, action: "failed", reason: messageOf(error) });
    }
  }
  return results;
}

function shown({ server, ...rest }: Result): ImportAnswer["servers"][number] {
  return { ...rest, server: server && maskConfig({ ...server }) };
}

const verdicts: Record<Result["action"], [word: string, colour: Colour]> = {
  add: ["to be added", "green"],
  added: ["added", "green"],
  present: ["already here", "grey"],
  skip: ["skipped", "yellow"],
  failed: ["failed", "red"],
};

async function text(
  results: readonly Result[],
  problems: readonly Problem[],
  needsChoice: boolean,
): Promise<string> {
  const lines = results.length === 0
    ? ["There is no server in the settings that were looked at."]
    : [
      await table(results, [
        { title: "CLIENT", text: ({ client }) => client },
        { title: "SERVER", text: ({ name }) => name },
        {
          title: "RESULT",
          text: ({ action }) => verdicts[action][0],
          colour: ({ action }) => verdicts[action][1],
        },
        { title: "DETAIL", text: detail },
      ]),
    ];
  if (problems.length > 0) {
    lines.push("", ...problems.map(({ client, problem }) => `${client}: ${problem}`));
  }
  if (needsChoice && results.some(({ action }) => action === "add")) {
    lines.push("", "To add them: mcpproxy import --all, or mcpproxy import <client>");
  }
  return lines.join("\n");
}

function detail({ name, as, reason, server }: Result): string {
  const masked = server && maskConfig({ ...server });
  const how = masked?.url ?? [masked?.command, ...(masked?.args as string[] | undefined) ?? []]
    .join(" ");
  const named = as !== null && as !== name ? `as "${as}"` : "";
  return [named, reason ?? "", String(how)].filter((part) => part !== "").join("; ");
}

function homeOf({ environment, platform }: Inputs): string {
  return variable(environment, platform === "windows" ? "USERPROFILE" : "HOME") ?? "";
}
