/**
 * The tray's journal: who asked for each start and stop of a core, and how each of them ended. One JSON object a line in
 * `tray-lifecycle.jsonl`, for a person who wonders afterwards.
 */
import { join } from "node:path";
import { messageOf } from "../errors.ts";
import { logger } from "../log.ts";

/** What happened to a core, or to the tray. */
export type JournalEntry =
  | { event: "tray_started"; version: string }
  | { event: "tray_ended"; by: string }
  /** A core of ours was started. */
  | { event: "core_started"; by: string; pid: number }
  /** One that already ran is used. `owned`: a former tray had started it, and it is ours now. */
  | { event: "core_attached"; by: string; pid: number; version: string; owned: boolean }
  /** A core of ours was asked to stop, and is gone. */
  | { event: "core_stopped"; by: string; pid: number; took_ms: number }
  /** A core of ours ended though nobody here had asked it to. `code`: null if that cannot be known. */
  | { event: "core_exited"; pid: number; code: number | null; problem: string | null }
  /** There is no core, and trying again would not help. */
  | { event: "failed"; failure: string; problem: string | null };

const fileName = "tray-lifecycle.jsonl";
const formerName = "tray-lifecycle.1.jsonl";
const largestFile = 256 * 1024;
/** What happens before there is a folder is kept so far. */
const mostPending = 100;

/** A journal; until it has a folder it keeps its entries in memory. */
export class Journal {
  #path: { current: string; former: string } | null = null;
  #pending: string[] = [];

  /**
   * Says where to write; what was kept is written then.
   * @param folder a folder of ours; null: nowhere for now
   */
  writeTo(folder: string | null): void {
    this.#path = folder === null
      ? null
      : { current: join(folder, fileName), former: join(folder, formerName) };
    if (this.#path) { for (const line of this.#pending.splice(0)) this.#write(line); }
  }

  /**
   * Adds an entry, with the time and our process id. What cannot be written is lost, and logged.
   * @param entry what happened
   */
  add(entry: JournalEntry): void {
    this.#write(JSON.stringify({ time: new Date().toISOString(), tray: Deno.pid, ...entry }));
  }

  #write(line: string): void {
    if (this.#path === null) {
      this.#pending = [...this.#pending, line].slice(-mostPending);
      return;
    }
    const { current, former } = this.#path;
    try {
      const size = sizeOf(current);
      if (size > 0 && size + line.length > largestFile) Deno.renameSync(current, former);
      Deno.writeTextFileSync(current, `${line}\n`, { append: true, mode: 0o600 });
    } catch (error) {
      logger("tray").warn("{path} cannot be written: {error}", {
        path: current,
        error: messageOf(error),
      });
    }
  }
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}
