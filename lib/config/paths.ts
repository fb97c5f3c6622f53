/** Where things lie: home, data directory, config file, logs. Pure: environment and platform are handed in. */
import { type Environment, variable } from "./environment.ts";
import { ConfigError } from "./error.ts";
import { type PathRules, posix, win32 } from "../path.ts";
import { expandReferences } from "./references.ts";

export { type Environment, variable };

/** The systems we know, as `Deno.build.os` calls them. */
export type Platform = "linux" | "darwin" | "windows";

/** What the command line may say; absent and undefined mean that it said nothing. */
export interface Flags {
  config?: string | undefined;
  dataDir?: string | undefined;
  listen?: string | undefined;
  enableSocket?: boolean | undefined;
  trayEndpoint?: string | undefined;
  logLevel?: string | undefined;
  logToFile?: boolean | undefined;
}

/** Everything beside the config file that decides what the settings are. */
export interface Inputs {
  flags: Flags;
  environment: Environment;
  platform: Platform;
  /** What relative paths on the command line and in the environment start from. */
  workingDirectory: string;
}

/** Where this process keeps its things. All are absolute. */
export interface Paths {
  configFile: string;
  dataDirectory: string;
  /** True for `~/.mcpproxy`. */
  isDefaultDataDirectory: boolean;
  /** Where logs go unless `logging.log_dir` says otherwise. */
  logDirectory: string;
}

const CONFIG_NAME = "mcp_config.json";

/**
 * The config file: `--config`, else `mcp_config.json` in the data directory that `--data-dir` or MCPPROXY_DATA
 * names, else in `~/.mcpproxy`. Never the working directory: a folder that somebody sent us must not configure us.
 * @param inputs flags and environment
 * @returns an absolute path
 * @throws {ConfigError} if the home directory is needed and unknown
 */
export function configFileOf(inputs: Inputs): string {
  const { flags } = inputs;
  if (flags.config) return absolute(flags.config, inputs);
  const directory = givenDataDirectory(inputs) ?? defaultDataDirectory(inputs);
  return pathOf(inputs).join(directory, CONFIG_NAME);
}

/**
 * All paths. `--data-dir` goes before MCPPROXY_DATA, that before the `data_dir` of the file, that before `~/.mcpproxy`.
 * @param inputs flags and environment
 * @param fileDataDirectory `data_dir` of the config file as it stands there; may hold `~/` and `${env:NAME}`
 * @returns the paths
 * @throws {ConfigError} if `data_dir` is relative, or the home directory is needed and unknown
 */
export function pathsOf(inputs: Inputs, fileDataDirectory: string | undefined): Paths {
  const dataDirectory = givenDataDirectory(inputs) ??
    (fileDataDirectory ? fromFile(fileDataDirectory, inputs) : defaultDataDirectory(inputs));
  const isDefaultDataDirectory = homeDirectory(inputs) !== undefined &&
    isSamePath(dataDirectory, defaultDataDirectory(inputs), inputs);
  return {
    configFile: configFileOf(inputs),
    dataDirectory,
    isDefaultDataDirectory,
    logDirectory: (isDefaultDataDirectory && systemLogDirectory(inputs)) ||
      pathOf(inputs).join(dataDirectory, "logs"),
  };
}

/**
 * Makes a path absolute and replaces a leading `~/` by the home directory.
 * @param path as a user writes it
 * @param inputs for home and working directory
 * @returns an absolute path without `.` and `..`
 * @throws {ConfigError} if it begins with `~` and the home directory is unknown
 */
export function absolute(path: string, inputs: Inputs): string {
  return pathOf(inputs).resolve(inputs.workingDirectory, expandHome(path, inputs));
}

function pathOf({ platform }: Inputs): PathRules {
  return platform === "windows" ? win32 : posix;
}

function givenDataDirectory(inputs: Inputs): string | undefined {
  const given = inputs.flags.dataDir || variable(inputs.environment, "MCPPROXY_DATA");
  return given && absolute(given, inputs);
}

/** A relative one would mean another directory wherever the program is started, so it is refused. */
function fromFile(path: string, inputs: Inputs): string {
  const expanded = expandHome(expandReferences(path, "data_dir", inputs.environment), inputs);
  if (!pathOf(inputs).isAbsolute(expanded)) {
    throw new ConfigError(`data_dir is a relative path in ${configFileOf(inputs)}`, {
      next: "Write it as an absolute path, or beginning with ~/.",
    });
  }
  return pathOf(inputs).resolve(inputs.workingDirectory, expanded);
}

function expandHome(path: string, inputs: Inputs): string {
  const rest = /^~(?:[/\\](.*))?$/s.exec(path);
  return rest ? pathOf(inputs).join(requiredHome(inputs), rest[1] ?? "") : path;
}

function defaultDataDirectory(inputs: Inputs): string {
  return pathOf(inputs).join(requiredHome(inputs), ".mcpproxy");
}

/** HOME is taken at its word, so that a second instance under another HOME keeps out of the first one's way. */
function homeDirectory(inputs: Inputs): string | undefined {
  const home = variable(inputs.environment, homeVariable(inputs));
  return home && pathOf(inputs).isAbsolute(home)
    ? pathOf(inputs).resolve(inputs.workingDirectory, home)
    : undefined;
}

function requiredHome(inputs: Inputs): string {
  const home = homeDirectory(inputs);
  if (home) return home;
  const name = homeVariable(inputs);
  throw new ConfigError(`the home directory is unknown: ${name} is not set to an absolute path`, {
    next: `Set ${name}, or give --data-dir with an absolute path.`,
  });
}

function homeVariable({ platform }: Inputs): string {
  return platform === "windows" ? "USERPROFILE" : "HOME";
}

function isSamePath(one: string, other: string, { platform }: Inputs): boolean {
  return platform === "windows" ? one.toLowerCase() === other.toLowerCase() : one === other;
}

/** Where the system wants logs to go; undefined where that is the data directory. */
function systemLogDirectory(inputs: Inputs): string | undefined {
  const home = requiredHome(inputs);
  if (inputs.platform === "darwin") return posix.join(home, "Library", "Logs", "mcpproxy");
  if (inputs.platform === "windows") {
    const local = variable(inputs.environment, "LOCALAPPDATA") ??
      win32.join(home, "AppData", "Local");
    return win32.join(local, "mcpproxy", "logs");
  }
  return undefined;
}
