/** The submenu of the servers. Their names and errors come from elsewhere and are shown as one line of bounded length. */
import type { MenuItem } from "./desktop/desktop.ts";
import { oneLine } from "./desktop/text.ts";
import { idOf } from "./menu_action.ts";
import type { ServerSummary } from "./model.ts";

const nameLimit = 40;
const errorLimit = 100;
/** More lines than this do not fit on a small screen. */
const longestList = 25;
const groupSize = 20;

/**
 * Whether a person should look at a server: it should run, but the last try failed. A server that is trying again still
 * counts, so that the icon does not change with every try.
 * @param server as the core tells it
 */
export function isFailing({ enabled, quarantined, state, last_error }: ServerSummary): boolean {
  return enabled && !quarantined &&
    (state === "error" || (state === "connecting" && last_error !== null));
}

/**
 * The item of all servers. They keep the order of the config, so that each stays where it was whatever happens to it; those
 * that need a look are marked instead.
 * @param servers null if there is no core to tell them
 */
export function serversItem(servers: readonly ServerSummary[] | null): MenuItem {
  const id = "servers";
  if (servers === null) {
    return { id, label: "Servers", enabled: false, items: [note("The core is not running")] };
  }
  if (servers.length === 0) {
    return { id, label: "Servers (none)", items: [note("Add one in the config file")] };
  }
  const connected = servers.filter(({ state }) => state === "ready").length;
  const failing = servers.filter(isFailing).length;
  const more = failing > 0 ? `, ${failing} failing` : "";
  return {
    id,
    label: marked(failing > 0, `Servers (${connected} of ${servers.length} connected${more})`),
    items: servers.length <= longestList ? servers.map(serverItem) : groups(servers),
  };
}

function groups(servers: readonly ServerSummary[]): MenuItem[] {
  const count = Math.ceil(servers.length / groupSize);
  return Array.from({ length: count }, (_, index) => {
    const group = servers.slice(index * groupSize, (index + 1) * groupSize);
    const label = `${shownName(group[0]!)} … ${shownName(group.at(-1)!)}`;
    return {
      id: `servers/${index}`,
      label: marked(group.some(isFailing), label),
      items: group.map(serverItem),
    };
  });
}

function serverItem(server: ServerSummary): MenuItem {
  const { name, enabled, quarantined } = server;
  return {
    id: `server ${name}`,
    label: marked(isFailing(server), `${shownName(server)} — ${shortHealth(server)}`),
    items: [
      { id: `health ${name}`, label: health(server), enabled: false },
      enabled
        ? { id: idOf({ name: "disable_server", server: name }), label: "Disable" }
        : { id: idOf({ name: "enable_server", server: name }), label: "Enable" },
      {
        id: idOf({ name: "restart_server", server: name }),
        label: "Restart",
        enabled: enabled && !quarantined,
      },
      { id: idOf({ name: "open_server_log", server: name }), label: "Open Log" },
    ],
  };
}

function shortHealth({ enabled, quarantined, state, tool_count }: ServerSummary): string {
  if (!enabled) return "disabled";
  if (quarantined) return "quarantined";
  switch (state) {
    case "connecting":
      return "connecting…";
    case "ready":
      return tools(tool_count);
    case "error":
      return "error";
    case "disabled":
    case "stopped":
      return "stopped";
  }
}

function health(server: ServerSummary): string {
  const { enabled, quarantined, state, tool_count, last_error } = server;
  const reason = last_error === null ? "" : oneLine(last_error, errorLimit);
  if (!enabled) return "Disabled";
  if (quarantined) return "Quarantined: not started until it is approved";
  switch (state) {
    case "connecting":
      return reason ? `Trying again: ${reason}` : "Connecting…";
    case "ready":
      return `Ready, ${tools(tool_count)}`;
    case "error":
      return reason ? `Error: ${reason}` : "Error; the log tells more";
    case "disabled":
    case "stopped":
      return "Stopped";
  }
}

function shownName({ name }: ServerSummary): string {
  return oneLine(name, nameLimit) || "(no name)";
}

function tools(count: number): string {
  return count === 1 ? "1 tool" : `${count} tools`;
}

function marked(attention: boolean, label: string): string {
  return attention ? `⚠ ${label}` : label;
}

function note(label: string): MenuItem {
  return { id: "servers/note", label, enabled: false };
}
