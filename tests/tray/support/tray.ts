/** A tray without a desktop, in this process, on real cores; `await using` quits it and looks that nothing is left. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { isCoreRunning } from "../../../lib/ipc/core_lock.ts";
import { operatingSystem } from "../../../lib/platform.ts";
import type { Autostart } from "../../../lib/tray/autostart.ts";
import { type Clock, systemClock } from "../../../lib/tray/clock.ts";
import { type Controller, createController } from "../../../lib/tray/controller.ts";
import type { Desktop, Notice, TrayView } from "../../../lib/tray/desktop/desktop.ts";
import type { JournalEntry } from "../../../lib/tray/journal.ts";
import type { TrayModel } from "../../../lib/tray/model.ts";
import type { StateName } from "../../../lib/tray/state.ts";
import { version } from "../../../lib/version.ts";
import { Sandbox } from "../../support/sandbox.ts";
import { until } from "../../support/until.ts";

/** How to start a tray. */
export interface TrayOptions {
  /** Where; a new one, which goes with the tray, if not given. */
  sandbox?: Sandbox;
  /** Written to the sandbox's config file first; `listen` is a free port if it does not say. */
  config?: Record<string, unknown>;
  flags?: Record<string, string>;
  env?: Record<string, string>;
  version?: string;
  clock?: Clock;
}

/** A clock that goes so many times as fast; slower if below 1. */
export function scaledClock(factor: number): Clock {
  return {
    now: () => systemClock.now() * factor,
    after: (ms, action) => systemClock.after(ms / factor, action),
  };
}

/** Starts a tray. */
export async function startTray(options: TrayOptions = {}): Promise<Tray> {
  const own = options.sandbox ? undefined : await Sandbox.create();
  const sandbox = options.sandbox ?? own!;
  if (options.config || own) sandbox.writeConfig({ listen: "127.0.0.1:0", ...options.config });
  return new Tray(sandbox, own, options);
}

/** A tray that runs. */
export class Tray implements AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly controller: Controller;
  /** The names of its states, one after the other. */
  readonly states: StateName[] = [];
  readonly views: TrayView[] = [];
  readonly notices: Notice[] = [];
  readonly opened: string[] = [];
  readonly copied: string[] = [];
  startsAtLogin: readonly string[] | null = null;
  readonly running: Promise<number>;
  readonly #own: Sandbox | undefined;
  #click: (id: string) => void = () => {};

  constructor(sandbox: Sandbox, own: Sandbox | undefined, options: TrayOptions) {
    this.sandbox = sandbox;
    this.#own = own;
    this.controller = createController({
      inputs: {
        flags: { dataDir: sandbox.dataDir, ...options.flags },
        environment: sandbox.environment({ SHELL: "", ...options.env }),
        platform: operatingSystem,
        workingDirectory: sandbox.folder,
      },
      version: options.version ?? version,
      trayCommand: ["/usr/bin/mcpproxy-tray", "--headless"],
      openDesktop: (listener) => {
        this.#click = listener.onClick;
        return Promise.resolve(this.#desktop());
      },
      autostart: this.#autostart(),
      clock: options.clock ?? systemClock,
      openLog: () => Promise.resolve(),
    });
    this.running = this.controller.run();
    this.running.catch(() => {}); // a test that is interested waits for it
  }

  get model(): TrayModel {
    return this.controller.model();
  }

  /** The core's process id. */
  get corePid(): number {
    return this.model.core!.pid;
  }

  /** What the journal holds, oldest first. */
  get journal(): (JournalEntry & { tray: number; time: string })[] {
    const path = join(this.sandbox.dataDir, "logs", "tray-lifecycle.jsonl");
    return Deno.readTextFileSync(path).trimEnd().split("\n").map((line) => JSON.parse(line));
  }

  /** Clicks an item of the menu by its id. */
  click(id: string): void {
    this.#click(id);
  }

  /** Waits until what it knows is so. */
  async until(holds: (model: TrayModel) => boolean, what: string): Promise<TrayModel> {
    await until(() => holds(this.model), what).catch((error) => {
      throw new Error(`${error.message}; it knows ${JSON.stringify(this.model)}`);
    });
    return this.model;
  }

  /** Waits for a state. */
  is(name: StateName): Promise<TrayModel> {
    return this.until(({ state }) => state.name === name, `the tray is ${name}`);
  }

  /** Waits until it is connected to another core than this one. */
  isConnectedTo(different: number): Promise<TrayModel> {
    return this.until(
      ({ state, core }) => state.name === "connected" && core !== null && core.pid !== different,
      `it is connected to another core than ${different}`,
    );
  }

  /** Waits until it is connected. */
  isConnected(): Promise<TrayModel> {
    return this.is("connected");
  }

  /** Quits, and waits until it has ended. */
  async quit(): Promise<void> {
    this.controller.quit("test");
    await this.running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { state } = this.model;
    const owned = "owned" in state && state.owned;
    await this.quit().catch(() => {});
    if (owned) assert(!isCoreRunning(this.sandbox.dataDir), "the tray has left its core behind");
    await this.#own?.[Symbol.asyncDispose]();
  }

  #desktop(): Desktop {
    return {
      show: (view) => {
        this.views.push(view);
        const { name } = this.model.state;
        if (this.states.at(-1) !== name) this.states.push(name);
      },
      notify: (notice) => {
        this.notices.push(notice);
        return Promise.resolve();
      },
      open: (target, line) => {
        this.opened.push(line === undefined ? target : `${target}:${line}`);
        return Promise.resolve();
      },
      copy: (text) => {
        this.copied.push(text);
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    };
  }

  #autostart(): Autostart {
    let tell: (enabled: boolean) => void = () => {};
    const set = (command: readonly string[] | null) => {
      this.startsAtLogin = command;
      tell(command !== null);
      return Promise.resolve();
    };
    return {
      location: "nowhere",
      isEnabled: () => Promise.resolve(this.startsAtLogin !== null),
      enable: set,
      disable: () => set(null),
      watch: (onChange) => {
        tell = onChange;
        return { close: () => Promise.resolve() };
      },
    };
  }
}
