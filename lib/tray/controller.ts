/**
 * The tray without its windows: leads the core's life, keeps the desktop's view up to date, carries out clicks, and tells a
 * person what needs one.
 */
import type { Inputs } from "../config/paths.ts";
import { ExitCode, messageOf, UserError } from "../errors.ts";
import { logger } from "../log.ts";
import { perform } from "./actions.ts";
import type { Autostart } from "./autostart.ts";
import type { Clock } from "./clock.ts";
import type { Cores } from "./cores.ts";
import type { Desktop, DesktopListener } from "./desktop/desktop.ts";
import { Lifecycle } from "./lifecycle.ts";
import { localCores } from "./local_cores.ts";
import { findPortHolder } from "./mend.ts";
import { actionOf, viewOf } from "./menu.ts";
import type { TrayAction, TrayModel } from "./model.ts";
import { Notices } from "./notices.ts";
import type { PortHolder } from "./port_listeners.ts";
import type { TrayState } from "./state.ts";
import { TrayRunningError } from "./tray_lock.ts";
import type { LogTarget } from "./tray_log.ts";
import { Workplace } from "./workplace.ts";

const log = logger("tray");

/** What a tray is made of. */
export interface ControllerOptions {
  /** Flags, environment and platform. */
  inputs: Inputs;
  /** The tray's own version. */
  version: string;
  /** The command that starts the tray, for the start at login: the program's absolute path and its arguments. */
  trayCommand: readonly string[];
  /** Shows the tray; for `--headless` something that does nothing. */
  openDesktop(listener: DesktopListener): Promise<Desktop>;
  autostart: Autostart;
  clock: Clock;
  /** Writes this process's log somewhere else from then on. */
  openLog(target: LogTarget): Promise<void>;
}

/** A tray. */
export interface Controller {
  /**
   * Runs it until somebody quits.
   * @returns exit code 0, when nothing of it is left
   * @throws {TrayRunningError} if another tray watches over the data directory
   */
  run(): Promise<ExitCode>;
  /** What it knows now. */
  model(): TrayModel;
  /** Does what a click asks for; never rejects, what goes wrong is told on the desktop. */
  perform(action: TrayAction): Promise<void>;
  /** Has it end, with the core if that is ours. @param by who wants it, for the journal: "SIGTERM" … */
  quit(by: string): void;
}

/**
 * Makes a tray. Nothing happens before it runs.
 * @param options what it is made of
 * @returns the tray
 * @throws {ConfigError} if the home directory is needed and unknown
 */
export function createController(options: ControllerOptions): Controller {
  const workplace = new Workplace(options.inputs, options.openLog);
  return new TrayController(
    options,
    workplace,
    localCores(options.inputs, options.version, workplace),
  );
}

class TrayController implements Controller {
  readonly #options: ControllerOptions;
  readonly #workplace: Workplace;
  readonly #cores: Cores;
  readonly #lifecycle: Lifecycle;
  readonly #notices: Notices;
  #desktop: Desktop | null = null;
  #startsAtLogin = false;
  /** Who is in the way of the port, looked for once for each state in which that is wrong. */
  #portHolder: { state: TrayState; holder: PortHolder | null } | null = null;
  #quitBy = "";

  constructor(options: ControllerOptions, workplace: Workplace, cores: Cores) {
    const { clock } = options;
    const { journal } = workplace;
    this.#options = options;
    this.#workplace = workplace;
    this.#cores = cores;
    this.#notices = new Notices(clock, (notice) => void this.#desktop?.notify(notice));
    this.#lifecycle = new Lifecycle({ cores, journal, clock, onChange: () => this.#show() });
  }

  async run(): Promise<ExitCode> {
    await using opened = new AsyncDisposableStack();
    opened.use(this.#workplace);
    await this.#workplace.prepare().catch((error) => {
      // Whatever else is wrong, the tray is there to show it.
      if (error instanceof TrayRunningError) throw error;
    });
    const { autostart, openDesktop } = this.#options;
    const desktop = await openDesktop({
      onClick: (id) => {
        const action = actionOf(id);
        if (action) void this.perform(action);
      },
      onHost: (present) =>
        log.info(present ? "the icon is shown" : "there is no place for an icon here"),
    });
    opened.defer(() => desktop.close());
    this.#desktop = desktop;
    this.#startsAtLogin = await autostart.isEnabled().catch(() => false); // a click tells why
    const watch = autostart.watch((enabled) => {
      this.#startsAtLogin = enabled;
      this.#show();
    });
    opened.defer(() => watch.close());
    opened.defer(() => this.#notices.close());
    const { journal } = this.#workplace;
    journal.add({ event: "tray_started", version: this.#options.version });
    opened.defer(() => journal.add({ event: "tray_ended", by: this.#quitBy }));
    this.#lifecycle.begin();
    await this.#lifecycle.ended;
    return ExitCode.ok;
  }

  model(): TrayModel {
    const { state, problem, view } = this.#lifecycle;
    const { configFile, dataDirectory, logDirectory } = this.#workplace.paths;
    return {
      version: this.#options.version,
      state,
      core: view.core,
      servers: view.servers,
      startsAtLogin: this.#startsAtLogin,
      problem: problem && problem.message.split("\n", 1)[0]!,
      configFile,
      configLine: lineIn(configFile, problem?.message ?? ""),
      portHolder: this.#portHolder?.state === state ? this.#portHolder.holder : null,
      dataDirectory,
      logDirectory,
    };
  }

  async perform(action: TrayAction): Promise<void> {
    switch (action.name) {
      case "start_core":
        return this.#lifecycle.ask("start", "click");
      case "stop_core":
        return this.#lifecycle.ask("stop", "click");
      case "restart_core":
        return this.#lifecycle.ask("restart", "click");
      case "quit":
        return this.quit("click");
    }
    const desktop = this.#desktop;
    if (!desktop) return;
    const model = this.model();
    const { inputs, autostart, trayCommand } = this.#options;
    const { connection, core } = this.#lifecycle.view;
    const { paths } = this.#workplace;
    const tell = (title: string, body: string) =>
      desktop.notify({ id: "action", title, body, urgency: "normal" });
    try {
      const { said, mended } = await perform(action, {
        ...{ inputs, paths, desktop, autostart, trayCommand, connection, core },
        cores: this.#cores,
        ...{ configLine: model.configLine, portHolder: model.portHolder },
      });
      if (said) await tell("mcpproxy", said);
      if (mended) this.#lifecycle.ask("start", `click: ${action.name}`);
    } catch (error) {
      log.warn("{action} failed: {error}", { action: action.name, error: messageOf(error) });
      const next = error instanceof UserError ? error.next : undefined;
      await tell(
        "mcpproxy: that did not work",
        [messageOf(error), next].filter(Boolean).join("\n"),
      );
    }
  }

  quit(by: string): void {
    this.#quitBy ||= by;
    this.#lifecycle.ask("quit", by);
  }

  async #lookForPortHolder(state: TrayState): Promise<void> {
    const looked = this.#portHolder = { state, holder: null as PortHolder | null };
    looked.holder = await findPortHolder(this.#options.inputs);
    if (looked.holder && this.#lifecycle.state === state) this.#show();
  }

  #show(): void {
    const model = this.model();
    this.#desktop?.show(viewOf(model));
    const { state, problem } = this.#lifecycle;
    const isPortInUse = state.name === "failed" && state.failure === "port_in_use";
    if (isPortInUse && this.#portHolder?.state !== state) void this.#lookForPortHolder(state);
    this.#notices.see({ state, problem, servers: model.servers });
  }
}

/** The line in a file that a message names as `file:line:column`; null if it names none. */
function lineIn(file: string, message: string): number | null {
  const at = message.indexOf(`${file}:`);
  const line = at < 0 ? null : /^([0-9]+):[0-9]+/.exec(message.slice(at + file.length + 1));
  return line ? Number(line[1]) : null;
}
