/** Checks of the servers: their entries, their variables, their programs, and how they are. */
import type { Server } from "../../client/api.ts";
import type { Environment } from "../../config/environment.ts";
import { REFERENCE } from "../../config/references.ts";
import type { ServerConfig } from "../../config/schema.ts";
import { variable } from "../../config/paths.ts";
import { messageOf, UserError } from "../../errors.ts";
import { findCommand, findWorkingDirectory } from "../../find_command.ts";
import { shellWord } from "../../shell_word.ts";
import { isLoopbackName } from "./names.ts";
import { type Check, failure, type Known, ok, skipped, warning } from "./check.ts";
import { runnerOf } from "./runners.ts";
import type { CoreEnvironment } from "./search_path.ts";

/**
 * Checks the servers.
 * @param configured those of the config
 * @param live those of the core that runs, as it tells
 * @param environments by which the core finds programs and variables; at least one
 * @param missingRunners programs that a check of their own has found missing: `npx`, `docker` …
 * @returns the checks; of each kind one for every server, or one that is skipped if there is none
 */
export async function checkUpstreams(
  configured: Known<readonly ServerConfig[]>,
  live: Known<readonly Server[]>,
  environments: readonly CoreEnvironment[],
  missingRunners: ReadonlySet<string>,
): Promise<Check[]> {
  const ids = ["upstream-entry", "upstream-references", "upstream-command"] as const;
  if ("unknown" in configured) {
    return [
      ...ids.map((id) => skipped(id, configured.unknown)),
      ...checkStates(live, new Set()),
    ];
  }
  const enabled = configured.value.filter((server) => server.enabled && !server.quarantined);
  if (enabled.length === 0) {
    const reason = configured.value.length === 0
      ? "no server is configured"
      : "no server is enabled";
    return [...ids, "upstream-state" as const].map((id) => skipped(id, reason));
  }
  const started = new Set(
    "value" in live ? live.value.filter(({ connected }) => connected).map(({ name }) => name) : [],
  );
  const checks = (await Promise.all(enabled.map(async (server) => [
    judgeEntry(server),
    judgeReferences(server, environments[0]!),
    await checkCommand(server, environments, missingRunners),
  ]))).flat().map((check) => started.has(check.subject!) ? settled(check) : check);
  const explained = new Set(
    checks.filter(({ id, verdict }) => id !== "upstream-entry" && verdict === "failure")
      .map(({ subject }) => subject!),
  );
  for (const { name, command } of enabled) {
    if (missingRunners.has(command ?? "")) explained.add(name);
  }
  return [...checks, ...checkStates(live, explained)];
}

/** The core may know another environment than we can see; what it has started has found what it needs. */
function settled(check: Check): Check {
  return check.verdict === "failure"
    ? ok(check.id, "the core has started it", check.subject!)
    : check;
}

/**
 * Judges whether an entry makes sense beyond what the schema asks for.
 * @param server as configured
 * @returns a warning if it is not clear how it is reached, or secrets would go in clear text
 */
export function judgeEntry(server: ServerConfig): Check {
  const { name, protocol, command, url, headers } = server;
  const faults: string[] = [];
  if (command && url) {
    const used = protocol === "stdio" || protocol === "auto" ? "command" : "url";
    faults.push(`it has both a command and a url; the ${used} is used`);
  }
  const usesUrl = url && (protocol !== "stdio" && !(protocol === "auto" && command));
  if (usesUrl) faults.push(...urlFaults(url, Object.keys(headers).length > 0));
  if (!usesUrl && Object.keys(headers).length > 0) {
    faults.push("headers are of no use to a server that is started by a command");
  }
  return faults.length === 0
    ? ok("upstream-entry", usesUrl ? `reached at ${originOf(url)}` : `started by ${command}`, name)
    : warning("upstream-entry", faults, `Edit the entry of ${JSON.stringify(name)}.`, name);
}

function urlFaults(url: string, hasHeaders: boolean): string[] {
  if (url.match(REFERENCE)) return [];
  const parsed = URL.parse(url);
  if (!parsed || !/^https?:$/.test(parsed.protocol)) return ["its url is no http or https URL"];
  const isSecret = hasHeaders || parsed.username !== "" || parsed.password !== "";
  if (parsed.protocol === "http:" && isSecret && !isLoopbackName(parsed.hostname)) {
    return [`headers or a password are sent to ${parsed.host} in clear text`];
  }
  return [];
}

/** Only the origin: path and query may hold tokens. */
function originOf(url: string): string {
  return url.match(REFERENCE) ? "a url with variables" : URL.parse(url)?.origin ?? "no URL";
}

function judgeReferences(server: ServerConfig, { variables, whose }: CoreEnvironment): Check {
  const { name, command, args, working_dir, env, url, headers } = server;
  const text = JSON.stringify({ command, args, working_dir, env, url, headers });
  const references = [...new Map(
    [...text.matchAll(REFERENCE)].map(([whole, kind, written]) =>
      [whole, { kind, variableName: written!.trim() }] as const
    ),
  ).values()];
  if (references.length === 0) return ok("upstream-references", "none", name);
  const keyring = references.filter(({ kind }) => kind === "keyring");
  const unset = references.filter(({ kind, variableName }) =>
    kind === "env" && !variable(variables as Environment, variableName)
  );
  const names = unset.map(({ variableName }) => variableName);
  if (unset.length + keyring.length === 0) {
    return ok(
      "upstream-references",
      `${references.length} set in the environment of ${whose}`,
      name,
    );
  }
  return failure(
    "upstream-references",
    [
      ...names.map((each) => `${each} is not set in the environment of ${whose}`),
      ...keyring.map(({ variableName }) => `the keyring is not offered (${variableName})`),
    ],
    `Set ${
      names.join(", ") || "an environment variable instead"
    } where the core is started, then restart it.`,
    name,
  );
}

async function checkCommand(
  server: ServerConfig,
  environments: readonly CoreEnvironment[],
  missingRunners: ReadonlySet<string>,
): Promise<Check> {
  const { name, command, protocol } = server;
  if (!command || (protocol !== "auto" && protocol !== "stdio")) {
    return skipped("upstream-command", "it is reached by a url", name);
  }
  if (command.match(REFERENCE)) {
    return skipped("upstream-command", "the command holds variables", name);
  }
  if (missingRunners.has(command)) {
    return skipped("upstream-command", `see the check of ${runnerOf(command)}`, name);
  }
  const found: string[] = [];
  for (const [index, { variables, whose }] of environments.entries()) {
    const path = variable(server.env, "PATH") ?? variables.PATH;
    try {
      const directory = await findWorkingDirectory(server.working_dir, Deno.cwd());
      found.push(`${await findCommand(command, path, directory)}, by the PATH of ${whose}`);
    } catch (error) {
      const judge = index === 0 ? failure : warning;
      return judge(
        "upstream-command",
        [...found, `${messageOf(error)} That is the PATH of ${whose}.`],
        mendOf(command, error),
        name,
      );
    }
  }
  return ok("upstream-command", found, name);
}

/** The commonest slip: a whole command line where only the program belongs. */
function mendOf(command: string, error: unknown): string {
  const [program, ...rest] = command.split(/\s+/);
  if (rest.length > 0) {
    return `Write "command": ${JSON.stringify(program)} and the rest in "args".`;
  }
  const next = error instanceof UserError ? error.next : undefined;
  return next ?? `Install ${shellWord(command)}.`;
}

function checkStates(
  live: Known<readonly Server[]>,
  explained: ReadonlySet<string>,
): Check[] {
  if ("unknown" in live) return [skipped("upstream-state", live.unknown)];
  const servers = live.value.filter(({ enabled }) => enabled);
  if (servers.length === 0) return [skipped("upstream-state", "no server is enabled")];
  return servers.map((server) =>
    explained.has(server.name)
      ? skipped("upstream-state", "another check says why it cannot be started", server.name)
      : judgeState(server)
  );
}

/**
 * Judges how the core finds a server.
 * @param server as the core tells
 * @returns a failure if it is not connected, in the words of the core
 */
export function judgeState(server: Server): Check {
  const { name, status, last_error, tool_count, retry_count, health } = server;
  const log = `See its log: mcpproxy upstream logs ${shellWord(name)}`;
  if (status === "ready") return ok("upstream-state", `connected, ${tool_count} tools`, name);
  if (status === "quarantined" || status === "disabled") {
    return skipped("upstream-state", health.summary, name);
  }
  if (status === "connecting" && (last_error === null || retry_count === 0)) {
    return warning("upstream-state", "still connecting", "Wait a moment, and look again.", name);
  }
  const tries = retry_count > 0 ? [`tried ${retry_count + 1} times`] : [];
  return failure("upstream-state", [last_error ?? health.summary, ...tries], log, name);
}
