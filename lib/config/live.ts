/** The config of a running core: read, changed and followed through this one object. */
import { ExitCode, UserError } from "../errors.ts";
import { fieldsNeedingRestart } from "./changes.ts";
import { isObject, type JsonObject } from "../json_object.ts";
import { effectiveConfig } from "./effective.ts";
import { ConfigError } from "./error.ts";
import { appendValue, removeValue, setValue } from "./json_edit.ts";
import type { Settings } from "./load.ts";
import { maskedConfig } from "./masked.ts";
import { mergePatch, refuseMasks, unmask } from "./merge_patch.ts";
import type { Inputs } from "./paths.ts";
import { editConfig } from "./save.ts";
import type { Config, ServerConfig } from "./schema.ts";
import { maskConfig } from "./secrets.ts";
import { parseJson } from "./json.ts";
import type { ConfigDocument } from "./text.ts";
import { type ConfigWatch, watchConfig } from "./watch.ts";

/** What a change of the config means for the core. */
export interface ConfigChange {
  /** The config now in force. */
  config: Config;
  /** Fields that differ from the start and take effect only after a restart. */
  needsRestart: string[];
}

/** Who is told of changes, whether they were made through us or by hand. */
export interface LiveConfigListener {
  /** A new config is in force. Called before the promise of the edit that caused it resolves. */
  onChange(change: ConfigChange): void;
  /** The file has become unusable; the config in force stays as it is. */
  onError(error: ConfigError): void;
}

/** The config file of a running core. */
export class LiveConfig {
  readonly #inputs: Inputs;
  readonly #file: string;
  readonly #started: Config;
  readonly #listener: LiveConfigListener;
  readonly #watch: ConfigWatch;
  #document: ConfigDocument;
  #config: Config;

  /**
   * Takes over from {@linkcode ensureConfig} and begins to watch the file, until `close` is called.
   * @param settings what the core was started with
   * @param inputs flags and environment, which keep going before what the file says
   * @param listener is told of every change
   */
  constructor(settings: Settings, inputs: Inputs, listener: LiveConfigListener) {
    this.#inputs = inputs;
    this.#file = settings.paths.configFile;
    this.#started = settings.config;
    this.#listener = listener;
    this.#document = settings.document;
    this.#config = settings.config;
    this.#watch = watchConfig(this.#file, settings.document.text, {
      onChange: (document) => this.#adopt(document),
      onError: (error) => listener.onError(error),
    });
  }

  /** The config in force; ask anew for each use, since it changes. `api_key` is always set. */
  current(): Config {
    return this.#config;
  }

  /** The root object of the file as it stands, secrets in clear: for `secretsOf`. */
  raw(): JsonObject {
    return this.#document.raw;
  }

  /** The config in force in the spelling of the file, with every secret masked; unknown fields included. */
  masked(): JsonObject {
    return maskedConfig(this.#config, this.#document.raw);
  }

  /** The servers as configured, in order, secrets in clear: never send one to a client unmasked. */
  servers(): readonly ServerConfig[] {
    return this.#config.mcpServers;
  }

  /** One server as configured, masked, unknown fields included; undefined if there is none of that name. */
  maskedServer(name: string): JsonObject | undefined {
    const found = rawServers(this.#document.raw).find((server) => server.name === name);
    return found && maskConfig(found);
  }

  /**
   * Adds a server to the file. It is enabled unless it says otherwise.
   * @param server fields as in the file; unknown ones are kept
   * @throws {UserError} if the name is taken, a field is wrong or masked, or the file cannot be written
   */
  async addServer(server: JsonObject): Promise<void> {
    refuseMasks(server);
    // Written down, because to the Go program a server that does not say so is not enabled.
    const complete: JsonObject = { enabled: true, ...mergePatch({}, server) as JsonObject };
    await this.#edit(async (text, raw) => {
      if (rawServers(raw).some(({ name }) => name === complete.name)) {
        throw new UserError(`there is already a server named ${JSON.stringify(complete.name)}`, {
          next: "Choose another name, or change that server.",
        });
      }
      if (!Array.isArray(raw.mcpServers)) return await setValue(text, ["mcpServers"], [complete]);
      return await appendValue(text, ["mcpServers"], complete);
    });
  }

  /**
   * Changes fields of a server by merge patch (RFC 7396): null removes. A masked value that comes back as it was
   * shown keeps the secret.
   * @param name the server as it is called now
   * @param patch fields as in the file
   * @throws {UserError} if there is no such server, a field is wrong or masked, or the file cannot be written
   */
  async patchServer(name: string, patch: JsonObject): Promise<void> {
    await this.#edit(async (text, raw) => {
      const index = indexOf(raw, name);
      const before = rawServers(raw)[index]!;
      const after = mergePatch(before, unmask(patch, maskConfig(before), before));
      return await setValue(text, ["mcpServers", index], after);
    });
  }

  /**
   * Removes a server from the file.
   * @param name the server
   * @throws {UserError} if there is none of that name, or the file cannot be written
   */
  async removeServer(name: string): Promise<void> {
    await this.#edit((text, raw) => removeValue(text, ["mcpServers", indexOf(raw, name)]));
  }

  /**
   * Why the config may not be changed through the proxy.
   * @param change adding or removing a server, or changing anything else
   * @returns a sentence naming the field that forbids it, or null if nothing does
   */
  refusal(change: "add" | "remove" | "change"): string | null {
    const { read_only_mode, disable_management, allow_server_add, allow_server_remove } =
      this.#config;
    if (read_only_mode) return "the config says read_only_mode: it may only be changed in its file";
    if (disable_management) {
      return "the config says disable_management: servers are not managed here";
    }
    if (change === "add" && !allow_server_add) {
      return "the config forbids it: allow_server_add is false";
    }
    if (change === "remove" && !allow_server_remove) {
      return "the config forbids it: allow_server_remove is false";
    }
    return null;
  }

  /** Ends the watching; resolves when nothing of it is left. */
  close(): Promise<void> {
    return this.#watch.close();
  }

  async #edit(edit: (text: string, raw: JsonObject) => string | Promise<string>): Promise<void> {
    const document = await editConfig(this.#file, async (text) => {
      // Made anew it would hold this one change and nothing else, and every other server would be gone.
      if (text === undefined) {
        throw new ConfigError(`${this.#file} is gone`, { next: "Put it back first." });
      }
      const raw = await parseJson(text, this.#file);
      return await edit(text.trim() === "" ? "{}" : text, raw);
    });
    this.#watch.saved(document.text);
    this.#adopt(document);
  }

  #adopt(document: ConfigDocument): void {
    const previous = this.#config;
    const config = this.#effective(document.config);
    if (!config) return;
    this.#document = document;
    // A key that was deleted goes on holding: a config without one must never mean that none is needed.
    this.#config = { ...config, api_key: config.api_key ?? previous.api_key };
    const needsRestart = fieldsNeedingRestart(this.#started, this.#config);
    this.#listener.onChange({ config: this.#config, needsRestart });
  }

  /** Undefined, and reported, if the file's `data_dir` cannot be one. */
  #effective(config: Config): Config | undefined {
    try {
      return effectiveConfig(config, this.#inputs);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#listener.onError(error);
      return undefined;
    }
  }
}

function rawServers(raw: JsonObject): JsonObject[] {
  return Array.isArray(raw.mcpServers)
    ? raw.mcpServers.map((entry) => isObject(entry) ? entry : {})
    : [];
}

function indexOf(raw: JsonObject, name: string): number {
  const index = rawServers(raw).findIndex((server) => server.name === name);
  if (index >= 0) return index;
  throw new UserError(`there is no server named ${JSON.stringify(name)}`, {
    exitCode: ExitCode.configuration,
    next: "List the servers to see their names.",
  });
}
