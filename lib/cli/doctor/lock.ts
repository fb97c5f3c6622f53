/** Checks of the lock and of what the core that holds it says of itself. */
import { join } from "node:path";
import { messageOf } from "../../errors.ts";
import { type Inputs, pathsOf } from "../../config/paths.ts";
import { corePid, isCoreRunning } from "../../ipc/core_lock.ts";
import { readRuntimeFile, type RuntimeFacts, runtimeFileName } from "../../ipc/runtime_file.ts";
import { type Check, failure, type Known, lookAt, modeOf, ok, skipped, warning } from "./check.ts";
import { processState } from "./process.ts";

/** Why what needs a core was not looked at. */
export const noCore = "no core runs for this data directory";

/** What is known of the core. */
export interface LockFindings {
  checks: Check[];
  /** False only if it is certain that no core holds the data directory. */
  isHeld: boolean;
  /** What the running core says of itself. */
  running: Known<RuntimeFacts>;
}

/**
 * Looks for the core of a data directory, without disturbing it.
 * @param dataDirectory its real path; a private folder
 * @returns the checks, and the core
 */
export function checkLock(dataDirectory: string): LockFindings {
  const lock = judgeLock(dataDirectory);
  const isHeld = isCoreRunning(dataDirectory);
  if (!isHeld) {
    return { checks: [lock, leftover(dataDirectory)], isHeld, running: { unknown: noCore } };
  }
  const facts = readRuntimeFile(dataDirectory);
  if (facts === null) {
    const runtime = warning(
      "runtime-file",
      "a core holds the lock, but has not said where it listens",
      "It is starting, or hangs at its start: try again, then restart it.",
    );
    const unknown = "the core has not said where it listens";
    return { checks: [lock, runtime], isHeld, running: { unknown } };
  }
  const { version, pid, listen_addr, endpoint } = facts;
  const evidence = `core ${version}, pid ${pid}, TCP ${listen_addr}, private channel ${
    endpoint ?? "off"
  }`;
  return { checks: [lock, ok("runtime-file", evidence)], isHeld, running: { value: facts } };
}

function judgeLock(dataDirectory: string): Check {
  const path = join(dataDirectory, "core.lock");
  const mend = "Move it away.";
  try {
    const info = lookAt(path);
    if (info === null) return ok("core-lock", `${path} does not exist: no core has run here yet`);
    if (!info.isFile) return failure("core-lock", `${path} is not a regular file`, mend);
    if (info.uid !== Deno.uid()) {
      return failure("core-lock", `${path} belongs to user ${info.uid}, not to you`, mend);
    }
    if (!isCoreRunning(dataDirectory)) {
      return ok("core-lock", `${path}, mode ${modeOf(info)}, is free: ${noCore}`);
    }
    const pid = corePid(dataDirectory);
    if (pid === null) {
      return warning(
        "core-lock",
        `${path} is held, but its holder has not written its process id`,
        "A core is just starting: try again.",
      );
    }
    switch (processState(pid)) {
      case "ours":
        return ok("core-lock", `${path} is held by pid ${pid}, which lives and is yours`);
      case "foreign":
        return failure(
          "core-lock",
          `${path} is held by pid ${pid}, a process of another user`,
          "Find out what it is, and end it.",
        );
      case "gone":
        return warning(
          "core-lock",
          `${path} is held, but there is no process ${pid}`,
          "Its holder lives in another container, or a child of it holds on: end that one.",
        );
    }
  } catch (error) {
    return failure("core-lock", `${path}: ${messageOf(error)}`, mend);
  }
}

function leftover(dataDirectory: string): Check {
  const path = join(dataDirectory, runtimeFileName);
  return lookAt(path) === null ? ok("runtime-file", "none, since no core runs") : warning(
    "runtime-file",
    `${path} is of a core that was killed`,
    "Run: mcpproxy doctor --fix; the next core replaces it too.",
  );
}

/**
 * Looks for a core of the default data directory, while another directory was asked about.
 * @param inputs flags and environment
 * @param dataDirectory the one that was asked about
 * @param isHeld whether a core runs for that one
 * @returns the check
 */
export function checkOtherCore(inputs: Inputs, dataDirectory: string, isHeld: boolean): Check {
  if (isHeld) return ok("other-core", "this data directory has a core");
  let usual: string;
  try {
    const { MCPPROXY_DATA: _, ...environment } = inputs.environment;
    usual = pathsOf({ ...inputs, environment, flags: {} }, undefined).dataDirectory;
  } catch {
    return skipped("other-core", "there is no default data directory");
  }
  const pid = usual === dataDirectory ? null : corePid(usual);
  return pid === null
    ? ok("other-core", "nor is there one for the default data directory")
    : warning(
      "other-core",
      `no core runs for ${dataDirectory}, but pid ${pid} runs for ${usual}`,
      "Leave out --data-dir and MCPPROXY_DATA, or start a core for this one: mcpproxy serve",
    );
}
