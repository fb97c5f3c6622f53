/** A folder with one client's settings in it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type ClientDescription, clients } from "../../lib/clients/catalogue.ts";
import { type Entry, entryFor } from "../../lib/clients/entry.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

/** A client by its id. */
export function clientOf(id: string): ClientDescription {
  const client = clients.find((client) => client.id === id);
  assert(client, id);
  return client;
}

/** Our entry, as a binary that lies in /usr/local/bin would write it. */
export function entryOf(client: ClientDescription, program = "/usr/local/bin/mcpproxy"): Entry {
  return entryFor(client, { command: program, args: ["stdio"] });
}

/** Nothing but blanks is lost: the characters of the one text are all there in the other, in their order. */
export function assertKeeps(before: string, after: string): void {
  let at = 0;
  for (const [index, character] of [...before].entries()) {
    if (/\s/.test(character)) continue;
    at = after.indexOf(character, at) + 1;
    assert(at > 0, `lost: ${[...before].slice(index, index + 40).join("")}`);
  }
}

/** A settings file of its own. */
export class SettingsFolder implements Disposable {
  readonly #folder = temporaryFolder();
  readonly file: string = join(this.#folder.path, "settings");
  readonly location: { file: string; isInstalled: boolean } = {
    file: this.file,
    isInstalled: true,
  };

  /** @param text of the file; none is made if it is not given */
  constructor(text?: string) {
    if (text !== undefined) Deno.writeTextFileSync(this.file, text, { mode: 0o600 });
  }

  get path(): string {
    return this.#folder.path;
  }

  text(): string {
    // Not readTextFile, which takes the byte order mark away.
    const bytes = Deno.readFileSync(this.file);
    return new TextDecoder("utf-8", { ignoreBOM: true, fatal: true }).decode(bytes);
  }

  /** What lies beside the file. */
  others(): string[] {
    return [...Deno.readDirSync(this.path)].map(({ name }) => name)
      .filter((name) => name !== "settings").sort();
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}
