/**
 * `children.json`: which process groups this core has started. The guardian ends them when the core is killed; the record
 * is for the case that both are killed together. The next core, which holds the data directory's lock, reads it.
 */
import { join } from "node:path";
import { logger } from "../log.ts";
import { messageOf } from "../errors.ts";
import { groupLives, signalGroup, startTime } from "./process_group_unix.ts";
import { pause } from "../waiting.ts";

/** A process by its id and the time of its start: an id alone may have gone to another program since. */
interface RecordedChild {
  pid: number;
  started: string;
}

/** Keeps the file in step with what runs. */
export class ChildRecord {
  readonly #path: string;
  readonly #children = new Map<number, RecordedChild>();
  /** Processes that run, written down already or about to be. */
  readonly #running = new Set<number>();
  readonly #log = logger("upstream");

  /** @param dataDirectory a private folder whose lock the caller holds */
  constructor(dataDirectory: string) {
    this.#path = join(dataDirectory, "children.json");
  }

  /** Writes down a process that leads its group. */
  async add(pid: number): Promise<void> {
    this.#running.add(pid);
    const started = await startTime(pid);
    // It may have been crossed out meanwhile.
    if (started === null || !this.#running.has(pid)) return;
    this.#children.set(pid, { pid, started });
    this.#write();
  }

  /** Crosses it out. */
  remove(pid: number): void {
    this.#running.delete(pid);
    if (this.#children.delete(pid)) this.#write();
  }

  /** Ends the groups that an earlier core wrote down and that still run: asks them to, and forces them 2 s later. */
  async endStrays(): Promise<void> {
    const strays = this.#read();
    const running: number[] = [];
    for (const { pid, started } of strays) {
      if (await startTime(pid) === started) running.push(pid);
    }
    if (running.length === 0) return;
    this.#log.warn("ending servers that an earlier core left running: {pids}", { pids: running });
    for (const pid of running) signalGroup(pid, "SIGTERM");
    for (let waited = 0; waited < 2_000 && running.some(groupLives); waited += 50) await pause(50);
    for (const pid of running) signalGroup(pid, "SIGKILL");
  }

  #read(): RecordedChild[] {
    try {
      const entries: unknown = JSON.parse(Deno.readTextFileSync(this.#path));
      return Array.isArray(entries) ? entries.filter(isRecordedChild) : [];
    } catch {
      return []; // none, or one that was cut off: nothing to go by
    }
  }

  #write(): void {
    try {
      Deno.writeTextFileSync(`${this.#path}.tmp`, JSON.stringify([...this.#children.values()]), {
        mode: 0o600,
      });
      Deno.renameSync(`${this.#path}.tmp`, this.#path);
    } catch (error) {
      this.#log.warn("cannot write {path}: {error}", { path: this.#path, error: messageOf(error) });
    }
  }
}

function isRecordedChild(value: unknown): value is RecordedChild {
  const { pid, started } = (value ?? {}) as Partial<RecordedChild>;
  return Number.isInteger(pid) && pid! > 1 && typeof started === "string";
}
