/**
 * `runtime.json`: what a running core says of itself in its data directory. It outlives a core that is killed, so it is
 * believed only while the core that wrote it holds the lock.
 */
import { corePid } from "./core_lock.ts";
import { join } from "../path.ts";

/** What a running core says of itself. */
export interface RuntimeFacts {
  pid: number;
  version: string;
  /** ISO 8601 */
  started_at: string;
  /** Who started it: "tray", "stdio", "installer", or "" for a person. */
  launched_by: string;
  /** `host:port` of the TCP listener. */
  listen_addr: string;
  /** The private channel's endpoint, or null if it is off or could not be opened. */
  endpoint: string | null;
  /** Why the private channel could not be opened; null if it is open or switched off. */
  channel_error: string | null;
}

/** What a core writes as soon as it is ready, and removes when it ends in order. */
export const runtimeFileName = "runtime.json";

/**
 * Writes `runtime.json` in one step, readable by this user only.
 * @param dataDirectory the private folder whose lock the caller holds
 * @param facts what to say
 */
export function writeRuntimeFile(dataDirectory: string, facts: RuntimeFacts): void {
  const path = join(dataDirectory, runtimeFileName);
  const temporary = `${path}.tmp`; // one writer only: the holder of the lock
  Deno.writeTextFileSync(temporary, JSON.stringify(facts, null, 2) + "\n", { mode: 0o600 });
  Deno.renameSync(temporary, path);
}

/**
 * Removes `runtime.json`, before the lock is given free.
 * @param dataDirectory the private folder whose lock the caller holds
 */
export function removeRuntimeFile(dataDirectory: string): void {
  try {
    Deno.removeSync(join(dataDirectory, runtimeFileName));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/**
 * Reads what the core of a data directory says of itself.
 * @param dataDirectory a private folder
 * @returns its words if it is running, else null; null too while it has not yet written them
 */
export function readRuntimeFile(dataDirectory: string): RuntimeFacts | null {
  const pid = corePid(dataDirectory);
  const facts = pid === null ? null : parse(dataDirectory);
  // The next core holds the lock before it replaces what a killed one has left behind.
  return facts?.pid === pid ? facts : null;
}

function parse(dataDirectory: string): RuntimeFacts | null {
  let value: unknown;
  try {
    value = JSON.parse(Deno.readTextFileSync(join(dataDirectory, runtimeFileName)));
  } catch {
    return null; // not yet written, or of another hand: what cannot be read says nothing
  }
  return isRuntimeFacts(value) ? value : null;
}

function isRuntimeFacts(value: unknown): value is RuntimeFacts {
  if (typeof value !== "object" || value === null) return false;
  const facts = value as Record<string, unknown>;
  const text = (name: string) => typeof facts[name] === "string";
  const textOrNull = (name: string) => facts[name] === null || text(name);
  return Number.isSafeInteger(facts.pid) && text("version") && text("started_at") &&
    text("launched_by") && text("listen_addr") && textOrNull("endpoint") &&
    textOrNull("channel_error");
}
