/**
 * Finds the core's program. Whoever could write it, or put another in its place, could make us run anything: such a one is
 * never started. Pure; what is on the disk is asked through {@linkcode ProgramFiles}.
 */
import { posix, win32 } from "node:path";
import { type Environment, type Platform, variable } from "../config/paths.ts";
import { UserError } from "../errors.ts";

/** Our sources, and the Deno that runs us from them. */
export interface Checkout {
  deno: string;
  /** The folder of `main.ts`. */
  root: string;
}

/** Where to look, and for whom. */
export interface ProgramSources {
  platform: Platform;
  environment: Environment;
  /** The folder of the tray's own executable, by its real path. */
  ownFolder: string;
  /** Set when the tray runs from its sources: the core's are beside it. */
  checkout: Checkout | null;
  /** PATH of the login shell. */
  searchPath: string | undefined;
  /** Our effective user id; null where there is none (Windows). */
  user: number | null;
}

/** What is asked of the disk. */
export interface ProgramFiles {
  /** The path without symbolic links; null if nothing is there. */
  realPath(path: string): string | null;
  /** Kind, owner and mode of what lies at a real path; null if nothing does. */
  look(path: string): Pick<Deno.FileInfo, "isFile" | "uid" | "gid" | "mode"> | null;
}

/** How to start the core; its own arguments follow. */
export interface CoreProgram {
  command: string;
  args: readonly string[];
}

/** No program of the core was found, or none that may be started. */
export class CoreMissingError extends UserError {
  override readonly name = "CoreMissingError";
}

const howToName = "Install mcpproxy, or set MCPPROXY_CORE_PATH to its program.";

/**
 * Finds the core's program: what MCPPROXY_CORE_PATH names and nothing else, if it is set; else the one beside the tray, in
 * the usual places, or on the login shell's PATH.
 * @param sources where to look
 * @param files the disk
 * @returns the first that may be started
 * @throws {CoreMissingError} if there is none; the text names those that were refused, and why
 */
export function findCoreProgram(sources: ProgramSources, files: ProgramFiles): CoreProgram {
  const given = variable(sources.environment, "MCPPROXY_CORE_PATH");
  if (given !== undefined) {
    if (!pathOf(sources).isAbsolute(given)) {
      throw new CoreMissingError(`MCPPROXY_CORE_PATH is no absolute path: ${given}`, {
        next: howToName,
      });
    }
    const found = check(given, sources, files);
    if ("path" in found) return { command: found.path, args: [] };
    throw new CoreMissingError(
      `The core at ${given}, which MCPPROXY_CORE_PATH names, ${found.refused ?? "is not there"}`,
      { next: howToName },
    );
  }
  if (sources.checkout) {
    return checkoutProgram(sources.checkout, pathOf(sources));
  }
  const refused: string[] = [];
  for (const path of candidates(sources)) {
    const found = check(path, sources, files);
    if ("path" in found) return { command: found.path, args: [] };
    if (found.refused) refused.push(`${path} ${found.refused}`);
  }
  throw new CoreMissingError(
    ["No program of the core was found", ...refused].join("; "),
    { next: howToName },
  );
}

/** How a core is started from its sources. */
export function checkoutProgram(
  { deno, root }: Checkout,
  { join }: Pick<typeof posix, "join">,
): CoreProgram {
  const run = ["run", "-q", "--no-prompt", "--config", join(root, "deno.json"), "-P=core"];
  return { command: deno, args: [...run, join(root, "main.ts")] };
}

function candidates({ platform, environment, ownFolder, searchPath }: ProgramSources): string[] {
  const { join, delimiter } = pathOf({ platform });
  const home = variable(environment, "HOME");
  const local = variable(environment, "LOCALAPPDATA");
  const usual = platform === "windows"
    ? [...local ? [join(local, "mcpproxy"), join(local, "mcpproxy", "bin")] : []]
    : [
      ...home ? [join(home, ".local", "bin"), join(home, ".mcpproxy", "bin")] : [],
      "/usr/local/bin",
      ...platform === "darwin" ? ["/opt/homebrew/bin"] : [],
    ];
  const onPath = (searchPath ?? "").split(delimiter)
    .filter((folder) => pathOf({ platform }).isAbsolute(folder));
  const name = platform === "windows" ? "mcpproxy.exe" : "mcpproxy";
  return [...new Set([ownFolder, ...usual, ...onPath])].map((folder) => join(folder, name));
}

/** `refused`: why it may not be started; absent if there is nothing that could be. */
function check(
  path: string,
  { platform, user }: ProgramSources,
  files: ProgramFiles,
): { path: string } | { refused?: string } {
  const real = files.realPath(path);
  const info = real === null ? null : files.look(real);
  if (real === null || !info?.isFile) return {};
  // There are no owner and mode to be had; who may write there is up to the folder's access list.
  if (platform === "windows") return { path: real };
  const mode = info.mode ?? 0;
  if ((mode & 0o111) === 0) return { refused: "is not executable" };
  if (!isOwnedBySelfOrRoot(info, user)) return { refused: `belongs to user ${info.uid}` };
  const groupIsForeign = info.gid !== 0 && info.gid !== user;
  if ((mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && groupIsForeign)) {
    return { refused: `can be written by others (mode ${octal(mode)}; chmod go-w it)` };
  }
  for (let folder = posix.dirname(real);; folder = posix.dirname(folder)) {
    const refused = checkFolder(folder, files.look(folder), user);
    if (refused) return { refused };
    if (folder === "/") return { path: real };
  }
}

/**
 * The group of a folder is let be: /usr/local is writable by `staff` on Debian, /opt/homebrew by `admin` on macOS, and who
 * is in those may become root.
 */
function checkFolder(
  folder: string,
  info: ReturnType<ProgramFiles["look"]>,
  user: number | null,
): string | null {
  if (!info) return `lies in ${folder}, of which nothing can be learned`;
  if (!isOwnedBySelfOrRoot(info, user)) return `lies in ${folder}, which user ${info.uid} owns`;
  const mode = info.mode ?? 0o777;
  const isSticky = (mode & 0o1000) !== 0; // there, nobody removes what is another's
  return (mode & 0o002) !== 0 && !isSticky
    ? `lies in ${folder}, which everybody can write (mode ${octal(mode)})`
    : null;
}

function isOwnedBySelfOrRoot({ uid }: { uid: number | null }, user: number | null): boolean {
  return uid !== null && (uid === user || uid === 0);
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}

function pathOf({ platform }: Pick<ProgramSources, "platform">): typeof posix {
  return platform === "windows" ? win32 : posix;
}
