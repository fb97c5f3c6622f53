/** Cores that exist in memory only: one data directory, its lock, and whoever wants to hold it. */
import { UserError } from "../../../lib/errors.ts";
import { pause } from "../../../lib/tray/clock.ts";
import {
  BlockedError,
  type ConnectionListener,
  type CoreConnection,
  type Cores,
  type DiskListener,
  type Found,
  type OwnedCore,
} from "../../../lib/tray/cores.ts";
import type { CoreExit } from "../../../lib/launch/spawn_core.ts";
import type { ServerSummary } from "../../../lib/tray/model.ts";
import type { Failure } from "../../../lib/tray/state.ts";
import type { FakeClock } from "./fake_clock.ts";

/** One core. */
export interface FakeCore {
  pid: number;
  version: string;
  /** "tray" or "". */
  launchedBy: string;
  /** Started by the tray under test. */
  isChild: boolean;
  lives: boolean;
  /** It answers. */
  ready: boolean;
  /** How often it was told to stop. */
  stops: number;
  exit: PromiseWithResolvers<CoreExit>;
}

const lookMs = 5;
const launchMs = 10;
/** From the start of a core's process until it takes the lock, and from then until it is ready. */
const lockMs = 100;
const startMs = 150;
/** How long one takes to end that has found the lock taken. */
const doomedMs = 400;
/** How long a core takes to stop. */
export const stopMs = 300;

/** The world. */
export class FakeCores implements Cores {
  readonly #clock: FakeClock;
  /** Every core that there ever was. */
  readonly all: FakeCore[] = [];
  holder: FakeCore | null = null;
  /** Whether the last core has left its runtime file. */
  #crashed = false;
  /** What every look finds instead of what is there. */
  lookBlocked: Failure | null = null;
  /** What every launch ends in. */
  launchBlocked: Failure | null = null;
  /** The exit code with which every core ends that is started; null: it runs. */
  exitCode: number | null = null;
  /** What cores are asked for, in order. */
  readonly servers: ServerSummary[] = [];
  readonly #connections = new Map<
    CoreConnection,
    { core: FakeCore; listener?: ConnectionListener }
  >();
  readonly #watchers = new Set<DiskListener>();
  /** How many looks there were. */
  looks = 0;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  /** Connections that nobody has closed. */
  get openConnections(): number {
    return this.#connections.size;
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  get children(): FakeCore[] {
    return this.all.filter(({ isChild }) => isChild);
  }

  paths(): ReturnType<Cores["paths"]> {
    return {
      configFile: "/data/mcp_config.json",
      dataDirectory: "/data",
      isDefaultDataDirectory: false,
      logDirectory: "/data/logs",
    };
  }

  async find(signal: AbortSignal): Promise<Found> {
    this.looks++;
    await pause(this.#clock, lookMs, signal);
    const { holder } = this;
    if (this.lookBlocked) {
      return { name: "blocked", failure: this.lookBlocked, error: new UserError("as things are") };
    }
    if (!holder) return { name: "absent", crashed: this.#crashed };
    if (!holder.ready) {
      const owned = holder.launchedBy === "tray" ? holder.pid : null;
      return { name: "starting", owned, problem: "it does not answer" };
    }
    const outdated = holder.launchedBy === "tray" && holder.version === "old";
    return { name: "ready", connection: this.#connect(holder), outdated };
  }

  program(): ReturnType<Cores["program"]> {
    return Promise.resolve({ command: "/bin/mcpproxy", args: [] });
  }

  async launch(signal: AbortSignal): Promise<OwnedCore> {
    await pause(this.#clock, launchMs, signal);
    signal.throwIfAborted();
    if (this.launchBlocked) throw new BlockedError(this.launchBlocked, "it cannot be started", {});
    const core = this.#add("tray", true);
    const { exitCode } = this;
    void this.#later(lockMs, () => {
      if (this.holder) void this.#later(doomedMs, () => this.end(core, 3));
      else if (core.lives) this.#hold(core, exitCode);
    });
    // Who gives up just now finds that it is there all the same.
    await pause(this.#clock, launchMs, AbortSignal.any([]));
    return this.#ownedBy(core);
  }

  adopt(pid: number): OwnedCore {
    return this.#ownedBy(this.all.find((core) => core.pid === pid)!);
  }

  watch(listener: DiskListener): Disposable {
    this.#watchers.add(listener);
    return { [Symbol.dispose]: () => void this.#watchers.delete(listener) };
  }

  /** Somebody else starts a core; it ends at once where one runs. */
  start(launchedBy: string, version = "new"): FakeCore {
    const core = this.#add(launchedBy, false, version);
    if (this.holder) this.end(core, 3);
    else this.#hold(core, null);
    return core;
  }

  /** A core ends; 137 as by kill -9. */
  end(core: FakeCore, code: number): void {
    if (!core.lives) return;
    core.lives = false;
    core.exit.resolve({ code, problem: code === 0 ? null : `it ended with ${code}` });
    if (this.holder !== core) return;
    this.holder = null;
    this.#crashed = code !== 0;
    this.breakConnections("it is gone");
    if (code === 0) this.#tell("onCore");
  }

  /** The core that runs ends, if one does. */
  endHolder(code: number): void {
    if (this.holder) this.end(this.holder, code);
  }

  /** Every connection breaks. */
  breakConnections(reason: string): void {
    for (const { listener } of [...this.#connections.values()]) listener?.onLost(reason);
  }

  /** Something about the settings changed. */
  changeSettings(): void {
    this.#tell("onSettings");
  }

  /** The core that is connected tells of its servers. */
  tellServers(servers: ServerSummary[]): void {
    for (const { listener } of this.#connections.values()) listener?.onServers(servers);
  }

  #hold(core: FakeCore, exitCode: number | null): void {
    this.holder = core;
    void this.#later(startMs, () => {
      if (exitCode !== null) return this.end(core, exitCode);
      core.ready = core.lives;
      this.#tell("onCore");
    });
  }

  #add(launchedBy: string, isChild: boolean, version = "new"): FakeCore {
    const core: FakeCore = {
      ...{ pid: 100 + this.all.length, version, launchedBy, isChild },
      ...{ lives: true, ready: false, stops: 0, exit: Promise.withResolvers() },
    };
    this.all.push(core);
    return core;
  }

  #ownedBy(core: FakeCore): OwnedCore {
    return {
      pid: core.pid,
      exited: core.isChild ? core.exit.promise : null,
      stop: async () => {
        core.stops++;
        await this.#later(stopMs, () => this.end(core, 0));
      },
    };
  }

  #connect(core: FakeCore): CoreConnection {
    const call = () => Promise.resolve();
    const connection: CoreConnection = {
      core: {
        ...{ version: core.version, pid: core.pid, listen_addr: `127.0.0.1:${core.pid}` },
        ...{ web_ui_url: null, transport: "unix" as const, endpoint: "unix:///data/mcpproxy.sock" },
      },
      owned: core.launchedBy === "tray",
      servers: this.servers,
      api: {
        ...{ enableServer: call, disableServer: call, restartServer: call },
        serverLogs: () => Promise.resolve([]),
      },
      follow: (listener) => void this.#connections.set(connection, { core, listener }),
      close: () => void this.#connections.delete(connection),
    };
    this.#connections.set(connection, { core });
    return connection;
  }

  #tell(what: keyof DiskListener): void {
    for (const listener of [...this.#watchers]) listener[what]();
  }

  async #later(ms: number, act: () => void): Promise<void> {
    await pause(this.#clock, ms, AbortSignal.any([]));
    act();
  }
}
