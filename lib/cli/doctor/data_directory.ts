/** Checks of the data directory: the one layer that all the others rest on. */
import { posix } from "node:path";
import { messageOf } from "../../errors.ts";
import { checkDataDirectory } from "../../ipc/private_channel.ts";
import { checkPath } from "../../ipc/private_path_unix.ts";
import { operatingSystem } from "../../platform.ts";
import { shellWord } from "../../shell_word.ts";
import {
  type Check,
  failure,
  failureOf,
  type Known,
  lookAt,
  modeOf,
  ok,
  skipped,
  warning,
} from "./check.ts";

/** What is known of the data directory. */
export interface DataDirectoryFindings {
  checks: Check[];
  /** Its real path, if what lies in it can be believed. */
  dataDirectory: Known<string>;
}

/**
 * Checks the data directory and the folders above it.
 * @param path absolute, as configured
 * @returns the checks
 */
export function checkFolder(path: string): DataDirectoryFindings {
  return operatingSystem === "windows" ? checkOnWindows(path) : checkOnUnix(path, Deno.uid()!);
}

/** Who may touch what is settled by access lists there, which lib/ipc knows. */
function checkOnWindows(path: string): DataDirectoryFindings {
  const parents = skipped("data-directory-parents", "access lists are inherited on Windows");
  if (lookAt(path) === null) return missing(path, parents);
  try {
    const real = checkDataDirectory(path);
    return { checks: [ok("data-directory", real), parents], dataDirectory: { value: real } };
  } catch (error) {
    const checks = [failureOf("data-directory", error), parents];
    return { checks, dataDirectory: { unknown: "the data directory is not private" } };
  }
}

function checkOnUnix(path: string, user: number): DataDirectoryFindings {
  let parents: Check;
  try {
    const above = nearestExisting(posix.dirname(lookAt(path) ? Deno.realPathSync(path) : path));
    checkPath(above, user);
    // Of a link, the folder that it lies in counts too: somebody else could put another link there.
    checkPath(nearestExisting(posix.dirname(path)), user);
    parents = ok("data-directory-parents", `${above} and all above it: yours or root's`);
  } catch (error) {
    parents = failureOf("data-directory-parents", error);
  }
  let folder: Check;
  try {
    if (lookAt(path) === null) return missing(path, parents);
    folder = judgeFolder(path, user);
  } catch (error) {
    folder = failure("data-directory", messageOf(error), "Look where it leads, and who may enter.");
  }
  const isPrivate = folder.verdict === "ok" && parents.verdict === "ok";
  return {
    checks: [folder, parents],
    dataDirectory: isPrivate
      ? { value: Deno.realPathSync(path) }
      : { unknown: "the data directory is not private, so nothing in it is believed" },
  };
}

function judgeFolder(path: string, user: number): Check {
  const link = lookAt(path)!;
  if (link.isSymlink && link.uid !== user) {
    return failure(
      "data-directory",
      `the link ${path} belongs to user ${link.uid}, not to you (user ${user})`,
      "Remove it, or choose another with --data-dir.",
    );
  }
  const real = Deno.realPathSync(path);
  const info = Deno.lstatSync(real);
  const name = real === path ? path : `${path} leads to ${real}, which`;
  if (!info.isDirectory) {
    return failure("data-directory", `${name} is not a directory`, "Move it away.");
  }
  if (info.uid !== user) {
    return failure(
      "data-directory",
      `${name} belongs to user ${info.uid}, not to you (user ${user})`,
      "Choose another with --data-dir, or have its owner give it to you.",
    );
  }
  if (((info.mode ?? 0o777) & 0o077) !== 0) {
    return failure(
      "data-directory",
      `${name} is open to other users (mode ${modeOf(info)}, must be 0700)`,
      `Run: chmod 700 ${shellWord(real)}`,
    );
  }
  const by = real === path ? "" : `, reached by the link ${path}`;
  return ok("data-directory", `${real}, mode ${modeOf(info)}, yours${by}`);
}

function missing(path: string, parents: Check): DataDirectoryFindings {
  const folder = warning(
    "data-directory",
    `${path} does not exist yet`,
    "Run: mcpproxy serve, which makes it; or mcpproxy doctor --fix",
  );
  return {
    checks: [folder, parents],
    dataDirectory: { unknown: "there is no data directory yet" },
  };
}

function nearestExisting(path: string): string {
  return path === "/" || lookAt(path) !== null ? path : nearestExisting(posix.dirname(path));
}
