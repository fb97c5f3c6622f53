/** A desktop by a helper, for tests: the helper is a fake one, which tells what it shows. */
import { fileURLToPath } from "node:url";
import type { Desktop } from "../../lib/tray/desktop/desktop.ts";
import { helperDesktop } from "../../lib/tray/desktop/desktop_helper.ts";
import { until } from "../support/until.ts";

/** What a helper shows. */
export interface Shown {
  /** The message after which it shows that: `first`, `update-item` or `update-menu`. */
  change: string;
  pid: number;
  /** Decoded. */
  icon: string;
  tooltip: string;
  menu: { __id: number; title: string; enabled: boolean; checked: boolean }[];
}

/** What the helper shall do: see fake_helper.ts. */
export type Behaviour = "" | "gone";

/** A running desktop with everything that it told. */
export class HelperSession implements AsyncDisposable {
  readonly desktop: Desktop;
  readonly clicks: string[] = [];
  readonly hosts: boolean[] = [];
  /** Everything that was ever shown. */
  readonly shown: Shown[] = [];
  behaviour: Behaviour = "";
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections = new Set<Deno.Conn>();
  readonly #serving = this.#serve();

  constructor() {
    const bytes = (text: string) => new TextEncoder().encode(text);
    this.desktop = helperDesktop({
      onClick: (id) => this.clicks.push(id),
      onHost: (present) => this.hosts.push(present),
    }, {
      style: {
        icons: {
          running: bytes("running"),
          busy: bytes("busy"),
          attention: bytes("attention"),
          stopped: bytes("stopped"),
        },
        escapeLabel: (label) => label,
      },
      command: () => Promise.resolve(this.#command()),
      notify: () => Promise.resolve(),
      open: () => Promise.resolve(),
      copy: () => Promise.resolve(),
    });
  }

  /** How many helpers run. */
  get helpers(): number {
    return this.#connections.size;
  }

  /** Waits until something of that kind is shown. */
  async see(what: (shown: Shown) => boolean): Promise<Shown> {
    return await until(() => this.shown.findLast(what), "it is shown");
  }

  /** Clicks the item of this title in the newest menu, or says `die`. */
  async tell(word: string): Promise<void> {
    const item = this.shown.at(-1)!.menu.find(({ title }) => title === word);
    const connection = [...this.#connections].at(-1)!;
    await connection.write(new TextEncoder().encode(`${item?.__id ?? word}\n`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.desktop.close();
    await until(() => this.helpers === 0, "no helper is left");
    this.#listener.close();
    await this.#serving;
  }

  #command(): string[] {
    const script = fileURLToPath(new URL("fake_helper.ts", import.meta.url));
    const { port } = this.#listener.addr;
    return [Deno.execPath(), "run", "-q", "-A", script, `${port}`, this.behaviour];
  }

  async #serve(): Promise<void> {
    const reading: Promise<void>[] = [];
    for await (const connection of this.#listener) reading.push(this.#read(connection));
    await Promise.all(reading);
  }

  async #read(connection: Deno.Conn): Promise<void> {
    this.#connections.add(connection);
    let rest = "";
    try {
      for await (const text of connection.readable.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + text).split("\n");
        rest = lines.pop()!;
        for (const line of lines) {
          const shown: Shown = JSON.parse(line);
          this.shown.push({ ...shown, icon: atob(shown.icon) });
        }
      }
    } catch {
      // A helper that dies may reset the connection.
    }
    this.#connections.delete(connection);
  }
}
