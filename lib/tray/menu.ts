/**
 * What is to be seen of the tray, made from what it knows; and what a click on it means. Pure. Groups and lines keep their
 * places while the state changes, as far as they can: nobody should click on what was something else a moment ago.
 */
import type { IconName, MenuItem, TrayView } from "./desktop/desktop.ts";
import { oneLine } from "./desktop/text.ts";
import { idOf, mendIdOf } from "./menu_action.ts";
import { isFailing, serversItem } from "./menu_servers.ts";
import { type Mend, mendsOf, openConfig, wordsOf } from "./menu_words.ts";
import type { CoreSummary, TrayAction, TrayModel } from "./model.ts";
import type { TrayState } from "./state.ts";

export { actionOf } from "./menu_action.ts";

/** Windows shows no more than 127 UTF-16 units of a tooltip; a character may be two. */
const tooltipLimit = 63;
const lineLimit = 100;
const pathLimit = 36;

/**
 * Icon, tooltip and menu.
 * @param model what the tray knows
 * @returns what to show
 */
export function viewOf(model: TrayModel): TrayView {
  const groups = [
    headerGroup(model),
    coreGroup(model.state),
    connectionGroup(model),
    fileGroup(model),
    [clickable("Quit", { name: "quit" }, !isEnding(model.state))],
  ];
  return {
    icon: iconOf(model),
    tooltip: oneLine(`mcpproxy: ${summaryOf(model)}`, tooltipLimit),
    menu: groups.flatMap((group, index) =>
      index === 0 ? group : [{ id: `separator/${index}`, separator: true }, ...group]
    ),
  };
}

function headerGroup(model: TrayModel): MenuItem[] {
  const { state, core, version } = model;
  const { title, detail } = wordsOf(state);
  const versions = core && core.version !== version
    ? `${version} (core ${oneLine(core.version, 20)})`
    : version;
  const connected = state.name === "connected" && core !== null;
  const problem = model.problem === null ? null : oneLine(model.problem, lineLimit);
  const mends = state.name === "failed"
    ? mendsOf(state.failure, model)
    : problem !== null && model.configLine !== null
    ? [openConfig(model)]
    : [];
  return [
    text("header", `mcpproxy ${versions} — ${title}`),
    text("detail", connected ? addressOf(core) : problem || detail),
    ...connected ? [text("transport", transportOf(core))] : [],
    ...connected && problem ? [text("problem", `⚠ ${problem}`)] : [],
    ...mends.map(mendItem),
  ];
}

function coreGroup(state: TrayState): MenuItem[] {
  const foreign = "owned" in state && !state.owned;
  const why = foreign ? " (started elsewhere)" : "";
  return [
    clickable("Start Core", { name: "start_core" }, canStart(state)),
    clickable(`Stop Core${why}`, { name: "stop_core" }, canStop(state)),
    clickable(`Restart Core${why}`, { name: "restart_core" }, canRestart(state)),
  ];
}

function connectionGroup({ core, servers }: TrayModel): MenuItem[] {
  return [
    serversItem(core && servers),
    ...core?.web_ui_url ? [clickable("Open Dashboard", { name: "open_dashboard" })] : [],
    clickable("Copy MCP Address", { name: "copy_mcp_address" }, Boolean(core?.listen_addr)),
    clickable("Copy Client Config", { name: "copy_client_config" }, core !== null),
  ];
}

function fileGroup({ startsAtLogin }: TrayModel): MenuItem[] {
  return [
    clickable("Open Config", { name: "open_config" }),
    clickable("Open Logs", { name: "open_logs" }),
    {
      ...clickable("Start at Login", { name: "toggle_start_at_login" }),
      checked: startsAtLogin,
    },
  ];
}

function iconOf({ state, core, servers, problem }: TrayModel): IconName {
  const { icon } = wordsOf(state);
  const needsLook = problem !== null || (core !== null && servers.some(isFailing));
  return icon === "running" && needsLook ? "attention" : icon;
}

function summaryOf({ state, core, servers, problem }: TrayModel): string {
  const { title } = wordsOf(state);
  if (problem) return `${title}: ${problem}`;
  if (state.name !== "connected" || core === null || servers.length === 0) return title;
  const connected = servers.filter((server) => server.state === "ready").length;
  const failing = servers.filter(isFailing).length;
  const more = failing > 0 ? `, ${failing} failing` : "";
  return `${title}, ${connected} of ${servers.length} servers${more}`;
}

/** Where the core is, for clients, and which process it is. */
function addressOf({ listen_addr, pid }: CoreSummary): string {
  const address = oneLine(listen_addr, 60);
  return `${address ? `Listens on ${address}` : "Has no TCP address"} · pid ${pid}`;
}

/** How the tray reaches it. */
function transportOf({ transport, endpoint }: CoreSummary): string {
  const way = { unix: "Unix socket", pipe: "Named pipe", tcp: "TCP, with the API key" }[transport];
  const path = [...oneLine(endpoint.replace(/^(unix|npipe):\/\//, ""), 300)];
  // Of a long path, the end tells more. The log has all of it.
  const where = path.length > pathLimit ? `…${path.slice(1 - pathLimit).join("")}` : path.join("");
  return `${way}: ${where}`;
}

function canStart({ name }: TrayState): boolean {
  return name === "stopped" || name === "failed" || name === "backing_off";
}

/** A core that runs, or that would be started if nobody stopped it. */
function canStop(state: TrayState): boolean {
  return canRestart(state) || state.name === "backing_off" ||
    (state.name === "stopping" && state.then === "launching");
}

function canRestart(state: TrayState): boolean {
  return state.name === "launching" || ("owned" in state && state.owned);
}

function isEnding({ name }: TrayState): boolean {
  return name === "quitting" || name === "ended";
}

function text(id: string, label: string): MenuItem {
  return { id, label, enabled: false };
}

function clickable(label: string, action: TrayAction, enabled = true): MenuItem {
  return { id: idOf(action), label, enabled };
}

function mendItem({ label, action }: Mend): MenuItem {
  return { id: mendIdOf(action), label };
}
