/** The tray's place on the disk: the data directory made and checked, the lock that keeps other trays out, log and journal. */
import { loadConfig, type Settings } from "../config/load.ts";
import { type Inputs, type Paths, pathsOf } from "../config/paths.ts";
import { secretsOf } from "../config/secrets.ts";
import { messageOf } from "../errors.ts";
import { prepareDataDirectory } from "../ipc/private_channel.ts";
import { logger } from "../log.ts";
import { withoutSecrets } from "../redact.ts";
import { Journal } from "./journal.ts";
import type { LogTarget } from "./tray_log.ts";
import { acquireTrayLock } from "../ipc/tray_lock.ts";

/** What holds at the moment. */
export interface Place {
  settings: Settings;
  /** The data directory's real path. */
  dataDirectory: string;
}

/** The place of one tray. Nothing is written before the data directory is known to be private. */
export class Workplace implements Disposable {
  readonly journal: Journal = new Journal();
  readonly #inputs: Inputs;
  readonly #openLog: (target: LogTarget) => Promise<void>;
  #paths: Paths;
  #secrets: string[] = [];
  /** What was prepared, and the lock on it. */
  #held: { dataDirectory: string; logDirectory: string; lock: Disposable } | null = null;

  /**
   * @param inputs flags, environment and platform
   * @param openLog writes the log of this process somewhere else from then on
   * @throws {ConfigError} if the home directory is needed and unknown
   */
  constructor(inputs: Inputs, openLog: (target: LogTarget) => Promise<void>) {
    this.#inputs = inputs;
    this.#openLog = openLog;
    this.#paths = pathsOf(inputs, undefined);
  }

  /** Where everything lies, as far as the config file could be read. */
  get paths(): Paths {
    return this.#paths;
  }

  /** Takes out of a text what the config holds of secrets. */
  redact(text: string): string {
    return withoutSecrets(text, this.#secrets);
  }

  /**
   * Reads the settings, and makes sure of the data directory that they name. Cheap if that was done before.
   * @throws {UserError} if the config file or the data directory cannot be used
   * @throws {TrayRunningError} if another tray watches over it
   */
  async prepare(): Promise<Place> {
    const settings = await loadConfig(this.#inputs);
    const { paths, config: { logging }, document } = settings;
    const logDirectory = logging.log_dir || paths.logDirectory;
    this.#paths = { ...paths, logDirectory };
    this.#secrets = secretsOf(document.raw, this.#inputs.environment);
    const dataDirectory = prepareDataDirectory(paths.dataDirectory);
    if (this.#held?.dataDirectory !== dataDirectory || this.#held.logDirectory !== logDirectory) {
      this[Symbol.dispose]();
      this.#held = { dataDirectory, logDirectory, lock: acquireTrayLock(dataDirectory) };
      await this.#openFiles(logDirectory, logging.level);
    }
    return { settings, dataDirectory };
  }

  /** Lets other trays in. */
  [Symbol.dispose](): void {
    this.journal.writeTo(null);
    this.#held?.lock[Symbol.dispose]();
    this.#held = null;
  }

  async #openFiles(folder: string, level: LogTarget["level"]): Promise<void> {
    try {
      await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
      await this.#openLog({ folder, level, secrets: () => this.#secrets });
      this.journal.writeTo(folder);
    } catch (error) {
      // A tray without a log is better than none.
      logger("tray").error("no log can be written to {folder}: {error}", {
        folder,
        error: messageOf(error),
      });
    }
  }
}
