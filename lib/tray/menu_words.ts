/** How the tray puts its states and failures, and what mends them. */
import type { IconName } from "./desktop/desktop.ts";
import { oneLine } from "./desktop/text.ts";
import type { TrayAction, TrayModel } from "./model.ts";
import type { Failure, TrayState } from "./state.ts";
import { crashLimit } from "./transitions.ts";

const nameLimit = 40;

/** A state in words. */
export interface StateWords {
  icon: IconName;
  /** A few words, after the program's name. */
  title: string;
  /** One line more, unless something better is known. */
  detail: string;
}

/** A way out of a failure. */
export interface Mend {
  label: string;
  action: TrayAction;
}

/**
 * A state in words.
 * @param state where the tray stands
 * @returns what icon, header and the line under it say
 */
export function wordsOf(state: TrayState): StateWords {
  switch (state.name) {
    case "starting":
      return { icon: "busy", title: "Starting…", detail: "Getting ready" };
    case "attaching":
      return {
        icon: "busy",
        title: "Looking for a core…",
        detail: "Asking whether one already runs",
      };
    case "launching":
      return {
        icon: "busy",
        title: "Starting the core…",
        detail: state.attempt === 0 ? "Finding its program" : attempt(state.attempt),
      };
    case "waiting":
      return {
        icon: "busy",
        title: state.slow ? "Still starting…" : "Starting the core…",
        detail: state.slow
          ? "It takes longer than usual; the logs tell why"
          : state.attempt === 0
          ? "Waiting until it is ready"
          : attempt(state.attempt),
      };
    case "connected":
      return state.owned
        ? { icon: "running", title: "Running", detail: "Connected" }
        : { icon: "running", title: "Running, started elsewhere", detail: "Connected" };
    case "reconnecting":
      return {
        icon: "busy",
        title: "Reconnecting…",
        detail: "The connection to the core broke",
      };
    case "backing_off":
      return {
        icon: "busy",
        title: "Starting again soon…",
        detail: `The core ended by itself; ${attempt(state.attempt).toLowerCase()} follows`,
      };
    case "failed":
      return { icon: "attention", ...failures[state.failure] };
    case "stopping":
      return {
        icon: "busy",
        title: state.then === "launching" ? "Restarting…" : "Stopping…",
        detail: "Waiting until the core has ended",
      };
    case "stopped":
      return { icon: "stopped", title: "Stopped", detail: "No core runs" };
    case "quitting":
      return { icon: "busy", title: "Quitting…", detail: "Waiting until the core has ended" };
    case "ended":
      return { icon: "stopped", title: "Ended", detail: "The tray has ended" };
  }
}

/**
 * What mends a failure, the likeliest first.
 * @param failure what went wrong
 * @param model for where the fault is
 * @returns at least one way out
 */
export function mendsOf(failure: Failure, model: TrayModel): Mend[] {
  switch (failure) {
    case "port_in_use":
      return [
        { label: "Use a Free Port", action: { name: "use_free_port" } },
        ...endPortHolder(model),
        retry,
      ];
    case "configuration":
      return [openConfig(model), retry];
    case "permission":
      return [{ label: "Fix Permissions", action: { name: "fix_permissions" } }, retry];
    case "crash_loop":
    case "unresponsive":
      return [openLogs, retry];
    case "data_directory_held":
    case "core_missing":
    case "untrusted":
      return [retry];
  }
}

/**
 * Opens the config file, and says where in it to look.
 * @param model for the line, if that is known
 */
export function openConfig({ configLine }: TrayModel): Mend {
  return {
    label: configLine === null ? "Open Config" : `Open Config (Line ${configLine})`,
    action: { name: "open_config" },
  };
}

function endPortHolder({ portHolder }: TrayModel): Mend[] {
  if (!portHolder) return [];
  const label = `End ${oneLine(portHolder.name, nameLimit)} (pid ${portHolder.pid})`;
  return [{ label, action: { name: "end_port_holder" } }];
}

const retry: Mend = { label: "Retry", action: { name: "start_core" } };
const openLogs: Mend = { label: "Open Logs", action: { name: "open_logs" } };

/** The detail stands only where the tray does not know better, such as the pid that holds the port. */
const failures: Record<Failure, { title: string; detail: string }> = {
  port_in_use: {
    title: "Port in use",
    detail: "Another program uses the core's port",
  },
  data_directory_held: {
    title: "Data directory in use",
    detail: "Another core holds the data directory; stop it, then retry",
  },
  configuration: {
    title: "Configuration error",
    detail: "The config file cannot be used as it is",
  },
  permission: {
    title: "Unsafe permissions",
    detail: "Other users could get at the data directory or the config file",
  },
  crash_loop: {
    title: "The core keeps ending",
    detail: `It ended by itself ${crashLimit} times in a row`,
  },
  core_missing: {
    title: "Core not found",
    detail: "There is no mcpproxy program beside the tray or in PATH",
  },
  unresponsive: {
    title: "The core does not answer",
    detail: "A core holds the data directory but does not answer; end it, then retry",
  },
  untrusted: {
    title: "Endpoint not trusted",
    detail: "What lies at the private channel's path is not certainly yours",
  },
};

function attempt(count: number): string {
  return `Attempt ${count + 1} of ${crashLimit}`;
}
