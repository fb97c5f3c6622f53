/** Puts flags, environment, config file and defaults together into the settings of this process. */
import { dirname } from "node:path";
import { effectiveConfig } from "./effective.ts";
import { variable } from "./environment.ts";
import { setValue } from "./json_edit.ts";
import { parseJson } from "./json.ts";
import type { Inputs, Paths } from "./paths.ts";
import { explained, readConfigFile } from "./read.ts";
import { resolvePaths } from "./resolve.ts";
import { editConfig } from "./save.ts";
import type { Config } from "./schema.ts";
import { type ConfigDocument, parseConfig } from "./text.ts";

/** What holds for this process. */
export interface Settings {
  paths: Paths;
  /** The config file as it stands; the document of an empty file if there is none. */
  document: ConfigDocument;
  /** The config in force: flags over environment over file over defaults. */
  config: Config;
  /** MCPPROXY_LAUNCHED_BY: "tray", "stdio", "installer" …; empty if a person started us. */
  launchedBy: string;
  /** What the user should hear, one sentence each. */
  warnings: string[];
}

/**
 * Loads the settings without writing anything: for commands that only look.
 * @param inputs flags, environment, platform and working directory
 * @param paths as found by {@linkcode resolvePaths}; found anew if not given
 * @returns the settings; `config.api_key` is undefined if neither file nor environment hold one
 * @throws {ConfigError} naming line, column and field, or the flag or variable that is wrong
 */
export async function loadConfig(inputs: Inputs, paths?: Paths): Promise<Settings> {
  const found = paths ?? await resolvePaths(inputs);
  const read = await readConfigFile(found.configFile);
  const document = await parseConfig(read?.text ?? "", found.configFile);
  const config = { ...effectiveConfig(document.config, inputs), data_dir: found.dataDirectory };
  const warnings = read?.warnings ?? [];
  if (config.require_mcp_auth === false) {
    warnings.push(
      `require_mcp_auth is false in ${found.configFile}: whoever reaches ${config.listen} may use every tool without the API key`,
    );
  }
  return {
    paths: found,
    document,
    config,
    launchedBy: variable(inputs.environment, "MCPPROXY_LAUNCHED_BY") ?? "",
    warnings,
  };
}

/**
 * Loads the settings for a core: creates a missing config file (0600), and writes an API key into one that has
 * none, unless MCPPROXY_API_KEY gives it. Everything else in the file stays as it is, byte for byte.
 * To be called after the data directory was created and checked, and its lock taken.
 * @param inputs flags, environment, platform and working directory
 * @param paths as found by {@linkcode resolvePaths}
 * @returns the settings; `config.api_key` is set
 * @throws {ConfigError} as {@linkcode loadConfig}, and if the file cannot be written
 */
export async function ensureConfig(inputs: Inputs, paths: Paths): Promise<Settings> {
  const settings = await loadConfig(inputs, paths);
  const exists = settings.document.text.trim() !== "";
  if (exists && settings.config.api_key) return settings;
  await createFolder(paths.configFile);
  await editConfig(paths.configFile, async (text) => {
    if (!text?.trim()) return firstText(paths, settings.config.api_key ? undefined : newKey());
    // A core of another data directory that shares this file may have been faster.
    const { api_key } = await parseJson(text, paths.configFile);
    return api_key ? text : await setValue(text, ["api_key"], newKey());
  });
  return await loadConfig(inputs, paths);
}

/** The config's own folder, which with `--config` need not be the data directory. */
async function createFolder(configFile: string): Promise<void> {
  const folder = dirname(configFile);
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw explained(error, `could not create the folder ${folder}`);
  }
}

function firstText(paths: Paths, apiKey: string | undefined): string {
  const config = {
    listen: "127.0.0.1:8080",
    ...paths.isDefaultDataDirectory ? {} : { data_dir: paths.dataDirectory },
    enable_socket: true,
    // The same as leaving it out, but the Go program would take that for false.
    require_mcp_auth: true,
    ...apiKey === undefined ? {} : { api_key: apiKey },
    mcpServers: [],
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** 256 random bits in hexadecimal, as the Go program makes them. */
function newKey(): string {
  return crypto.getRandomValues(new Uint8Array(32)).toHex();
}
