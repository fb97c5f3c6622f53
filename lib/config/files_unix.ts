/** Files on Linux and macOS: owner and mode are checked, directories are locked by flock(2). */
import { ExitCode } from "../errors.ts";
import { shellWord } from "../shell_word.ts";
import { ConfigError } from "./error.ts";
import type { DirectoryHold, FileSystem } from "./file_system.ts";

const LONGEST_WAIT = 10_000;

/** The rules of Unix systems. */
export const unixFiles: FileSystem = {
  vet(path, info) {
    if (info.uid !== Deno.uid()) {
      throw new ConfigError(`${path} belongs to another user (uid ${info.uid})`, {
        exitCode: ExitCode.permission,
        next: `Move it away, or run: sudo chown "$(id -un)" ${shellWord(path)}`,
      });
    }
    // A symbolic link has no mode of its own.
    if (info.isSymlink) return [];
    const mode = info.mode ?? 0;
    if (mode & 0o022) {
      throw new ConfigError(
        `${path} can be changed by other users (mode ${
          octal(mode)
        }), who could make mcpproxy start any program`,
        {
          exitCode: ExitCode.permission,
          next: `Look through it, then run: chmod 600 ${shellWord(path)}`,
        },
      );
    }
    if (!(mode & 0o400)) {
      throw new ConfigError(`${path} may not be read by its owner (mode ${octal(mode)})`, {
        exitCode: ExitCode.permission,
        next: `Run: chmod 600 ${shellWord(path)}`,
      });
    }
    if (mode & 0o044) {
      return [
        `${path} holds secrets and can be read by other users (mode ${
          octal(mode)
        }); run: chmod 600 ${shellWord(path)}`,
      ];
    }
    return [];
  },

  async holdDirectory(directory) {
    const handle = await Deno.open(directory);
    try {
      await lock(handle, directory);
    } catch (error) {
      handle.close();
      throw error;
    }
    return hold(handle);
  },

  replace: Deno.rename,
};

function hold(handle: Deno.FsFile): DirectoryHold {
  return {
    sync: () => handle.sync(),
    // Closing drops the lock; a process that dies drops it too.
    release: () => handle.close(),
  };
}

/** Polls instead of waiting inside flock(2), which could not be given up again. */
async function lock(handle: Deno.FsFile, directory: string): Promise<void> {
  for (const end = Date.now() + LONGEST_WAIT; Date.now() < end;) {
    try {
      if (await handle.tryLock(true)) return;
    } catch {
      // Some network file systems cannot lock a directory; the comparison before the rename still stands.
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new ConfigError(`another process keeps ${directory} locked`, {
    next: "Wait for the other mcpproxy to finish, or end it, and try again.",
  });
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}
