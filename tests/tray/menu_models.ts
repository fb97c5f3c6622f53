/** Models of the tray for the tests of its menu. */
import type { MenuItem } from "../../lib/tray/desktop/desktop.ts";
import type { CoreSummary, ServerSummary, TrayModel } from "../../lib/tray/model.ts";
import type { Failure, StateName, TrayState } from "../../lib/tray/state.ts";

/** A core. */
export const core: CoreSummary = {
  version: "1.2.3",
  pid: 4711,
  listen_addr: "127.0.0.1:8080",
  web_ui_url: "http://127.0.0.1:8080/ui/",
  transport: "unix",
  endpoint: "unix:///home/ada/.mcpproxy/mcpproxy.sock",
};

/** A server that is well. */
export function server(name: string, more: Partial<ServerSummary> = {}): ServerSummary {
  return {
    name,
    enabled: true,
    quarantined: false,
    state: "ready",
    tool_count: 12,
    last_error: null,
    ...more,
  };
}

/** A tray in this state; with a core where there can be one. */
export function model(state: TrayState, more: Partial<TrayModel> = {}): TrayModel {
  const hasCore = state.name === "connected" || state.name === "reconnecting";
  return {
    version: "1.2.3",
    state,
    core: hasCore ? core : null,
    servers: hasCore ? [server("files"), server("git", { tool_count: 1 })] : [],
    startsAtLogin: false,
    problem: null,
    configFile: "/home/ada/.mcpproxy/mcp_config.json",
    configLine: null,
    portHolder: null,
    dataDirectory: "/home/ada/.mcpproxy",
    logDirectory: "/home/ada/.mcpproxy/logs",
    ...more,
  };
}

/** Connected to a core. */
export function connected(owned: boolean): TrayState {
  return { name: "connected", owned, attempt: 0 };
}

/** Every failure. */
export const failures: readonly Failure[] = Object.keys(
  {
    port_in_use: true,
    data_directory_held: true,
    configuration: true,
    permission: true,
    crash_loop: true,
    core_missing: true,
    unresponsive: true,
    untrusted: true,
  } satisfies Record<Failure, true>,
) as Failure[];

const both = [true, false];
const attempts = [0, 1, 4];

const variants: { [Name in StateName]: Extract<TrayState, { name: Name }>[] } = {
  starting: [{ name: "starting" }],
  attaching: attempts.map((attempt) => ({ name: "attaching", attempt })),
  launching: attempts.map((attempt) => ({ name: "launching", attempt })),
  waiting: both.flatMap((owned) =>
    both.flatMap((slow) =>
      attempts.map((attempt) => ({ name: "waiting" as const, owned, slow, attempt }))
    )
  ),
  connected: both.flatMap((owned) =>
    attempts.map((attempt) => ({ name: "connected" as const, owned, attempt }))
  ),
  reconnecting: both.flatMap((owned) =>
    attempts.map((attempt) => ({ name: "reconnecting" as const, owned, attempt }))
  ),
  backing_off: [1, 4].map((attempt) => ({ name: "backing_off", attempt })),
  failed: failures.map((failure) => ({ name: "failed", failure })),
  stopping: (["stopped", "launching"] as const).map((then) => ({ name: "stopping", then })),
  stopped: [{ name: "stopped" }],
  quitting: [{ name: "quitting" }],
  ended: [{ name: "ended" }],
};

/** Every state, with every value of its fields that matters. */
export const states: readonly TrayState[] = Object.values(variants).flat();

/** All items, those of submenus too. */
export function allItems(menu: readonly MenuItem[]): MenuItem[] {
  return menu.flatMap((item) => [item, ...allItems(item.items ?? [])]);
}

/** A menu as a person sees it: `-` for what is grey, `x` or `o` for a checkmark, and submenus indented. */
export function drawn(menu: readonly MenuItem[], indent = ""): string {
  return menu.map((item) => {
    if (item.separator) return `${indent}  ---\n`;
    const mark = item.enabled === false
      ? "-"
      : item.checked
      ? "x"
      : item.checked === false
      ? "o"
      : " ";
    return `${indent}${mark} ${item.label}\n${drawn(item.items ?? [], `${indent}    `)}`;
  }).join("");
}
