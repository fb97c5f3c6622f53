/** Notices when the config file is changed by hand, or by another program. */
import { basename, dirname } from "node:path";
import { messageOf } from "../errors.ts";
import { ConfigError } from "./error.ts";
import { explained, readConfigFile } from "./read.ts";
import { type ConfigDocument, parseConfig } from "./text.ts";

/** Who wants to know. */
export interface ConfigListener {
  /** There is a new valid config, or the file is well again after an error. */
  onChange(document: ConfigDocument): void;
  /** The file is broken, gone or not to be trusted; what held before goes on holding. */
  onError(error: ConfigError): void;
}

/** A running watch. */
export interface ConfigWatch {
  /** Tells it what we have just saved ourselves, so that it keeps quiet about that. */
  saved(text: string): void;
  /** Ends the watch; resolves when nothing of it is left. */
  close(): Promise<void>;
}

/** Milliseconds after the last event: editors write in several steps. */
const QUIET = 200;

/**
 * Watches a config file. What is watched are the directories of the file and, where it is a symbolic link, of its
 * target, since a file that gets replaced is a new one each time. Changes are told apart by content; our own saves
 * are known by it too (`saved`).
 * @param path absolute
 * @param text the content that the caller has already seen
 * @param listener is called at most once for each content
 * @returns the watch, which keeps the process alive until it is closed
 */
export function watchConfig(path: string, text: string, listener: ConfigListener): ConfigWatch {
  /** The content seen last, or the message of the trouble with it. */
  let seen = contentKey(text);
  let saves = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isClosed = false;
  let watched: DirectoryWatch | undefined;
  let checking = check();

  function schedule(): void {
    if (isClosed) return;
    clearTimeout(timer);
    timer = setTimeout(() => checking = checking.then(check), QUIET);
  }

  async function check(): Promise<void> {
    // Before the look at the content, so that no change falls between.
    await follow();
    const savesBefore = saves;
    const result = await attempt(path);
    if (isClosed) return;
    // A save of ours came in between, so what was read may be older than it.
    if (saves !== savesBefore) return schedule();
    const key = result instanceof ConfigError
      ? `error: ${result.message}`
      : contentKey(result.text);
    if (key === seen) return;
    seen = key;
    if (result instanceof ConfigError) listener.onError(result);
    else listener.onChange(result);
  }

  /** Watches other directories if the link now leads elsewhere; the same ones while it leads nowhere. */
  async function follow(): Promise<void> {
    const target = await Deno.realPath(path).catch(() => watched?.target ?? path);
    if (isClosed || watched?.target === target) return;
    await watched?.close();
    if (isClosed) return;
    try {
      watched = watchDirectories(path, target, schedule);
    } catch (error) {
      watched = undefined;
      listener.onError(
        explained(error, `changes of ${path} made by hand will only be seen after a restart`),
      );
    }
  }

  return {
    saved(text) {
      saves++;
      seen = contentKey(text);
    },
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await checking;
      await watched?.close();
    },
  };
}

function contentKey(text: string): string {
  return `text: ${text}`;
}

async function attempt(path: string): Promise<ConfigDocument | ConfigError> {
  try {
    const read = await readConfigFile(path);
    if (read) return await parseConfig(read.text, path);
    return new ConfigError(`${path} is gone; what it said last still holds`, {
      next: "Put it back, or restart mcpproxy to have a new one made.",
    });
  } catch (error) {
    return error instanceof ConfigError
      ? error
      : new ConfigError(messageOf(error), { cause: error });
  }
}

interface DirectoryWatch {
  target: string;
  close(): Promise<void>;
}

function watchDirectories(path: string, target: string, onEvent: () => void): DirectoryWatch {
  const names = new Set([basename(path), basename(target)]);
  const watcher = Deno.watchFs([...new Set([dirname(path), dirname(target)])], {
    recursive: false,
  });
  const loop = (async () => {
    for await (const { paths, flag } of watcher) {
      // "rescan" says that events were lost, so it may have been ours.
      if (flag === "rescan" || paths.some((changed) => names.has(basename(changed)))) onEvent();
    }
  })();
  return {
    target,
    async close() {
      watcher.close();
      await loop;
    },
  };
}
