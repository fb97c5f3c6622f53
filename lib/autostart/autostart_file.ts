/** Start at login by a file in a folder that the desktop reads: Linux and macOS. */
import { basename, dirname, isAbsolute, join } from "node:path";
import { type Environment, variable } from "../config/environment.ts";
import { messageOf, UserError } from "../errors.ts";
import { logger } from "../log.ts";
import type { Autostart, AutostartWatch } from "./autostart.ts";

/** The file, and what it means. */
export interface AutostartFile {
  path: string;
  /** The file for a command. @throws {UserError} if it cannot hold the command */
  textOf(command: readonly string[]): string;
  /** The program that a file has started at login; null if it has none started. */
  programOf(text: string): string | null;
}

/** Milliseconds after the last event: whoever writes may do it in several steps. */
const quiet = 100;

/**
 * Start at login by a file.
 * @param file where it lies and what it means
 */
export function fileAutostart({ path, textOf, programOf }: AutostartFile): Autostart {
  const program = async () => programOf(await readText(path));
  const isEnabled = async () => {
    const started = await program();
    return started !== null && await exists(started);
  };
  return {
    location: path,
    program,
    isEnabled,
    async enable(command) {
      const text = textOf(command);
      // Not one that the desktop would read too if it came to look just now.
      const temporary = join(dirname(path), `.${basename(path)}.${Deno.pid}.temporary`);
      await explained(path, async () => {
        await makeFolder(path);
        await Deno.writeTextFile(temporary, text, { mode: 0o600 });
        await Deno.rename(temporary, path);
      });
    },
    disable: () =>
      explained(path, async () => {
        await Deno.remove(path).catch((error) => {
          if (!(error instanceof Deno.errors.NotFound)) throw error;
        });
      }),
    watch: (onChange) => watchFile(path, isEnabled, onChange),
  };
}

/**
 * The home directory, which all these folders are in.
 * @param environment for HOME
 * @throws {UserError} if it is not set to an absolute path
 */
export function homeOf(environment: Environment): string {
  const home = variable(environment, "HOME");
  if (home && isAbsolute(home)) return home;
  throw new UserError("the home directory is unknown: HOME is not set to an absolute path", {
    next: "Set HOME, then try again.",
  });
}

/** The folder is watched, since a file that gets replaced is a new one each time. */
function watchFile(
  path: string,
  isEnabled: () => Promise<boolean>,
  onChange: (enabled: boolean) => void,
): AutostartWatch {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;
  let seen: boolean | undefined;
  let watcher: Deno.FsWatcher | undefined;

  const look = async () => {
    const enabled = await isEnabled();
    const changed = seen !== undefined && seen !== enabled;
    seen = enabled;
    if (changed && !closed) onChange(enabled);
  };
  let looking = Promise.resolve();
  const check = () => looking = looking.then(look).catch(report);

  const watching = (async () => {
    await makeFolder(path);
    if (closed) return;
    watcher = Deno.watchFs(dirname(path), { recursive: false });
    check(); // after the watch began, so that nothing falls between
    for await (const { paths, flag } of watcher) {
      if (flag !== "rescan" && !paths.some((name) => basename(name) === basename(path))) continue;
      clearTimeout(timer);
      timer = setTimeout(check, quiet);
    }
  })().catch(report);

  function report(error: unknown): void {
    logger("tray").info("not watching {path}: {reason}", { path, reason: messageOf(error) });
  }

  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      watcher?.close();
      await watching;
      await looking;
    },
  };
}

/** Absent means switched off; so does what cannot be read, which the desktop cannot read either. */
async function readText(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch {
    return "";
  }
}

/** A bare name is for the desktop to find, which may know another PATH. */
async function exists(program: string): Promise<boolean> {
  if (!isAbsolute(program)) return true;
  try {
    return (await Deno.stat(program)).isFile;
  } catch {
    return false;
  }
}

async function makeFolder(path: string): Promise<void> {
  // 0700 is what the XDG Base Directory Specification asks for; it suits ~/Library as well.
  await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
}

async function explained(path: string, change: () => Promise<void>): Promise<void> {
  try {
    await change();
  } catch (error) {
    throw new UserError(`${path} could not be changed: ${messageOf(error)}`, {
      next: `Look at the owner and the mode of ${dirname(path)}.`,
      cause: error,
    });
  }
}
