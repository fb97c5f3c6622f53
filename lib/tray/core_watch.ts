/** Watches the disk for a core that comes or goes, and for a mended config: where nothing is connected, nobody else tells. */
import { basename, dirname, join } from "node:path";
import type { Paths } from "../config/paths.ts";
import { messageOf } from "../errors.ts";
import { runtimeFileName } from "../ipc/runtime_file.ts";
import { logger } from "../log.ts";
import type { DiskListener } from "./cores.ts";

/** Editors write in several steps. */
const quietMs = 200;

/**
 * Whether there is a runtime file. Where no core runs, it is what a core has left that did not end in order.
 * @param dataDirectory a private folder
 */
export function hasRuntimeFile(dataDirectory: string): boolean {
  try {
    Deno.lstatSync(join(dataDirectory, runtimeFileName));
    return true;
  } catch {
    return false;
  }
}

/**
 * Watches data directory and config file.
 * @param paths where they are; what is not there is not watched
 * @param listener is told some moments after the last of several changes
 * @returns the watch; disposing of it ends it
 */
export function watchDisk(
  { dataDirectory, configFile }: Paths,
  listener: DiskListener,
): Disposable {
  let core = false;
  let settings = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tell = () => {
    const changed = { core, settings };
    core = settings = false;
    if (changed.settings) listener.onSettings();
    if (changed.core) listener.onCore();
  };
  // Where a path is a link, what it leads to is what changes.
  const directories = [dataDirectory, realPath(dataDirectory)];
  const files = [configFile, realPath(configFile)];
  const fileNames = files.map((file) => basename(file));
  const watcher = open([...new Set([...directories, ...files.map((file) => dirname(file))])]);
  void (async () => {
    for await (const { kind, paths, flag } of watcher ?? []) {
      if (kind === "access") continue;
      const names = paths.map((path) => basename(path));
      const isLost = flag === "rescan"; // it may have been anything
      core ||= isLost || names.includes(runtimeFileName);
      settings ||= isLost || names.some((name) => fileNames.includes(name)) ||
        paths.some((path) => directories.includes(path));
      if (!core && !settings) continue;
      clearTimeout(timer);
      timer = setTimeout(tell, quietMs);
    }
  })();
  return {
    [Symbol.dispose]() {
      clearTimeout(timer);
      watcher?.close();
    },
  };
}

function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    return path;
  }
}

function open(folders: string[]): Deno.FsWatcher | null {
  const existing = folders.filter((folder) => {
    try {
      return Deno.statSync(folder).isDirectory;
    } catch {
      return false;
    }
  });
  try {
    return existing.length > 0 ? Deno.watchFs(existing, { recursive: false }) : null;
  } catch (error) {
    logger("tray").warn("{folders} cannot be watched, so changes there go unseen: {error}", {
      folders: existing.join(", "),
      error: messageOf(error),
    });
    return null;
  }
}
