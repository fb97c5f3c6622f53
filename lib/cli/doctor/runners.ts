/** Checks of the programs that start other programs: Node's, uv's and Docker's. */
import type { ServerConfig } from "../../config/schema.ts";
import { findCommand } from "../../find_command.ts";
import { type Check, failure, ok, skipped, warning } from "./check.ts";
import type { CoreEnvironment } from "./search_path.ts";

/** Node 18 is the oldest that the official MCP servers run on. */
const oldestNode = 18;
const patienceMs = 5_000;

const runners = {
  node: { commands: ["node", "npm", "npx"], install: "Install Node.js: https://nodejs.org" },
  uv: { commands: ["uv", "uvx"], install: "Install uv: https://docs.astral.sh/uv" },
  docker: { commands: ["docker"], install: "Install Docker: https://docs.docker.com/get-docker" },
} as const;

type Runner = keyof typeof runners;

/** What is known of the runners. */
export interface RunnerFindings {
  checks: Check[];
  /** The commands that are needed and missing. */
  missing: ReadonlySet<string>;
}

/**
 * The runner that a command belongs to.
 * @param command of a server
 * @returns its name; null if it is none
 */
export function runnerOf(command: string): Runner | null {
  const names = Object.keys(runners) as Runner[];
  return names.find((name) => (runners[name].commands as readonly string[]).includes(command)) ??
    null;
}

/**
 * Checks the runners that servers need.
 * @param servers of the config
 * @param environment by which the core finds programs
 * @returns the checks
 */
export async function checkRunners(
  servers: readonly ServerConfig[],
  { variables, whose }: CoreEnvironment,
): Promise<RunnerFindings> {
  const needed = new Set(
    servers.filter(({ enabled, quarantined }) => enabled && !quarantined)
      .flatMap(({ command, env }) => command && !env.PATH ? [command] : []),
  );
  const missing = new Set<string>();
  const checks = await Promise.all((Object.keys(runners) as Runner[]).map(async (name) => {
    const { commands, install } = runners[name];
    const wanted = commands.filter((command) => needed.has(command));
    if (wanted.length === 0) return skipped(name, "no server needs it");
    const paths: string[] = [];
    for (const command of wanted) {
      try {
        paths.push(await findCommand(command, variables.PATH, "/"));
      } catch {
        missing.add(command);
      }
    }
    if (missing.size > 0 && wanted.some((command) => missing.has(command))) {
      const absent = wanted.filter((command) => missing.has(command)).join(", ");
      return failure(name, `${absent} is not on the PATH of ${whose}`, install);
    }
    return await checkVersion(name, paths, variables);
  }));
  return { checks, missing };
}

async function checkVersion(
  name: Runner,
  paths: readonly string[],
  variables: CoreEnvironment["variables"],
): Promise<Check> {
  const path = paths[0]!;
  if (name === "docker") {
    const version = await output(path, ["version", "--format", "{{.Server.Version}}"], variables);
    return version === null
      ? failure(name, `${path} is there, but its daemon does not answer`, "Start Docker.")
      : ok(name, `${path}, daemon ${version}`);
  }
  const program = name === "node" ? "node" : "uv";
  const found = await findCommand(program, variables.PATH, "/").catch(() => path);
  const version = await output(found, ["--version"], variables);
  if (version === null) {
    return failure(name, `${found} does not run`, `Install it anew: ${runners[name].install}`);
  }
  const major = Number(/(\d+)/.exec(version)?.[1]);
  return name === "node" && major < oldestNode
    ? warning(name, `${found} is ${version}`, `Most servers want Node ${oldestNode} or newer.`)
    : ok(name, `${path}, ${version}`);
}

/** The first line of what a program prints; null if it fails. */
async function output(
  program: string,
  args: readonly string[],
  variables: CoreEnvironment["variables"],
): Promise<string | null> {
  try {
    const { success, stdout } = await new Deno.Command(program, {
      args: [...args],
      clearEnv: true,
      env: Object.fromEntries(
        Object.entries(variables).filter((entry): entry is [string, string] =>
          entry[1] !== undefined
        ),
      ),
      ...{ stdin: "null", stdout: "piped", stderr: "null" },
      signal: AbortSignal.timeout(patienceMs),
    }).output();
    const [line = ""] = new TextDecoder().decode(stdout).trim().split("\n");
    return success && line !== "" ? line : null;
  } catch {
    return null;
  }
}
