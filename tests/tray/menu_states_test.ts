import assert from "node:assert/strict";
import type { IconName, MenuItem } from "../../lib/tray/desktop/desktop.ts";
import { actionOf, viewOf } from "../../lib/tray/menu.ts";
import type { TrayAction } from "../../lib/tray/model.ts";
import type { TrayState } from "../../lib/tray/state.ts";
import { next } from "../../lib/tray/transitions.ts";
import { allItems, connected, core, failures, model, server, states } from "./menu_models.ts";

Deno.test("every state: the menu has its groups, one header, and ids of its own for every line", () => {
  for (const state of states) {
    const { menu } = viewOf(model(state));
    const ids = allItems(menu).map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length, JSON.stringify(state));
    assert.equal(menu.filter(({ separator }) => separator).length, 4);
    assert.match(menu[0]!.label!, /^mcpproxy 1\.2\.3 — \S/);
    assert.notEqual(menu[1]!.label, "");
    for (const [index, item] of menu.entries()) {
      const isEdge = index === 0 || index === menu.length - 1;
      assert(!item.separator || (!isEdge && !menu[index + 1]!.separator), "no empty group");
    }
  }
});

Deno.test("every state: what is shown is one line of bounded length, and what is not clickable is grey", () => {
  for (const state of states) {
    const { menu, tooltip } = viewOf(model(state));
    assert.match(tooltip, /^mcpproxy: \S/);
    assert(tooltip.length <= 127);
    for (const item of allItems(menu)) {
      if (item.separator) continue;
      assert(item.label && item.label.length <= 120, item.label);
      assert.doesNotMatch(item.label, /\p{Cc}/u);
      const isText = !item.items && actionOf(item.id) === null;
      if (isText) assert.equal(item.enabled, false, item.label);
    }
  }
});

Deno.test("every state: the icon", () => {
  const icons: Record<TrayState["name"], IconName> = {
    starting: "busy",
    attaching: "busy",
    launching: "busy",
    waiting: "busy",
    connected: "running",
    reconnecting: "busy",
    backing_off: "busy",
    failed: "attention",
    stopping: "busy",
    stopped: "stopped",
    quitting: "busy",
    ended: "stopped",
  };
  for (const state of states) assert.equal(viewOf(model(state)).icon, icons[state.name]);
});

Deno.test("every state: start, stop and restart can be clicked only where they lead somewhere", () => {
  const events = { start_core: "start", stop_core: "stop", restart_core: "restart" } as const;
  for (const state of states) {
    for (const [id, name] of Object.entries(events)) {
      const item = find(viewOf(model(state)).menu, id);
      if (item.enabled === false) continue;
      assert.notDeepEqual(next(state, { name }), state, `${id} in ${JSON.stringify(state)}`);
    }
  }
});

Deno.test("every state: there is a way to run a core again, or one that runs, or one on the way", () => {
  const onTheWay = ["starting", "attaching", "launching", "waiting", "connected", "reconnecting"];
  const ending = ["stopping", "quitting", "ended"];
  for (const state of states) {
    if ([...onTheWay, ...ending].includes(state.name)) continue;
    assert.notEqual(find(viewOf(model(state)).menu, "start_core").enabled, false);
  }
});

Deno.test("a core that was started elsewhere is not stopped, and the menu says why", () => {
  for (const state of states) {
    if (!("owned" in state)) continue;
    const { menu } = viewOf(model(state));
    for (const id of ["stop_core", "restart_core"]) {
      assert.equal(find(menu, id).enabled !== false, state.owned);
      assert.equal(/\(started elsewhere\)/.test(find(menu, id).label!), !state.owned);
    }
  }
});

Deno.test("go fault 15: every failure has its mends, right under the header, and each can be clicked", () => {
  const mends: Record<typeof failures[number], TrayAction["name"][]> = {
    port_in_use: ["use_free_port", "start_core"],
    data_directory_held: ["start_core"],
    configuration: ["open_config", "start_core"],
    permission: ["fix_permissions", "start_core"],
    crash_loop: ["open_logs", "start_core"],
    core_missing: ["start_core"],
    unresponsive: ["open_logs", "start_core"],
    untrusted: ["start_core"],
  };
  for (const failure of failures) {
    const { menu, icon } = viewOf(model({ name: "failed", failure }));
    assert.equal(icon, "attention");
    const group = menu.slice(2, menu.findIndex(({ separator }) => separator));
    assert.deepEqual(group.map(({ id }) => actionOf(id)?.name), mends[failure]);
    assert(group.every(({ enabled }) => enabled !== false));
  }
});

Deno.test("a failure is told in the tray's own words unless it knows better", () => {
  const failed: TrayState = { name: "failed", failure: "port_in_use" };
  assert.equal(viewOf(model(failed)).menu[1]!.label, "Another program uses the core's port");
  const problem = "127.0.0.1:8080 is used by node (pid 77)";
  const view = viewOf(model(failed, { problem }));
  assert.equal(view.menu[1]!.label, problem);
  assert.equal(view.tooltip, "mcpproxy: Port in use: 127.0.0.1:8080 is used by node (pid 77)");
});

Deno.test("a fault in the config file is told with its line", () => {
  const failed: TrayState = { name: "failed", failure: "configuration" };
  const { menu } = viewOf(model(failed, { configLine: 12, problem: "not JSON" }));
  assert.equal(menu[2]!.label, "Open Config (Line 12)");
});

Deno.test("a problem of a core that runs is shown beside the address", () => {
  const problem = "mcp_config.json, line 3: a comma is missing";
  const view = viewOf(model(connected(true), { problem, configLine: 3 }));
  assert.equal(view.icon, "attention");
  const group = view.menu.slice(1, view.menu.findIndex(({ separator }) => separator));
  assert.deepEqual(group.map(({ label }) => label), [
    "Listens on 127.0.0.1:8080 · pid 4711",
    "Unix socket: /home/ada/.mcpproxy/mcpproxy.sock",
    `⚠ ${problem}`,
    "Open Config (Line 3)",
  ]);
});

Deno.test("who is known to hold the port can be ended, whatever it calls itself", () => {
  const failed: TrayState = { name: "failed", failure: "port_in_use" };
  const portHolder = { pid: 5, name: `ni\u202ece\n${"x".repeat(90)}` };
  const { menu } = viewOf(model(failed, { portHolder }));
  const { label = "" } = find(menu, "mend/end_port_holder");
  assert.match(label, /^End ni ce x+… \(pid 5\)$/);
  assert(label.length < 60);
});

Deno.test("of a long endpoint, the end is shown", () => {
  const endpoint = `unix:///tmp/${"long".repeat(20)}/data/mcpproxy.sock`;
  const { menu } = viewOf(model(connected(true), { core: { ...core, endpoint } }));
  assert.match(menu[2]!.label!, /^Unix socket: …(long)+\/data\/mcpproxy\.sock$/);
  assert(menu[2]!.label!.length < 60);
});

Deno.test("a failing server asks for attention; one that should not run does not", () => {
  const icon = (...servers: ReturnType<typeof server>[]) =>
    viewOf(model(connected(true), { servers })).icon;
  assert.equal(icon(server("a", { state: "error", last_error: "refused" })), "attention");
  assert.equal(icon(server("a", { state: "connecting", last_error: "refused" })), "attention");
  assert.equal(icon(server("a", { state: "connecting" })), "running");
  assert.equal(
    icon(server("a", { state: "disabled", enabled: false, last_error: "x" })),
    "running",
  );
  assert.equal(
    icon(server("a", { state: "error", quarantined: true, last_error: "x" })),
    "running",
  );
  assert.equal(icon(), "running");
});

Deno.test("what needs a core is grey or gone without one", () => {
  const stopped = viewOf(model({ name: "stopped" })).menu;
  assert.equal(find(stopped, "copy_mcp_address").enabled, false);
  assert.equal(find(stopped, "copy_client_config").enabled, false);
  assert.equal(find(stopped, "servers").enabled, false);
  assert(!allItems(stopped).some(({ id }) => id === "open_dashboard"));
  const running = viewOf(model(connected(true))).menu;
  for (const id of ["copy_mcp_address", "copy_client_config", "open_dashboard"]) {
    assert.notEqual(find(running, id).enabled, false);
  }
});

Deno.test("the tray of another version than the core says so", () => {
  const { menu } = viewOf(model(connected(false), { version: "2.0.0" }));
  assert.equal(menu[0]!.label, "mcpproxy 2.0.0 (core 1.2.3) — Running, started elsewhere");
});

function find(menu: readonly MenuItem[], id: string): MenuItem {
  const item = allItems(menu).find((item) => item.id === id);
  assert(item, id);
  return item;
}
