import assert from "node:assert/strict";
import type { MenuItem, TrayView } from "../../lib/tray/desktop/desktop.ts";
import { pause, until } from "../support/until.ts";
import { HelperSession } from "./helper_session.ts";

function view(menu: MenuItem[], more: Partial<TrayView> = {}): TrayView {
  return { icon: "running", tooltip: "mcpproxy", menu, ...more };
}

const menu: MenuItem[] = [
  { id: "header", label: "mcpproxy", enabled: false },
  { id: "line", separator: true },
  { id: "start", label: "Start" },
  { id: "login", label: "Login", checked: true },
];

Deno.test("helper: a view is shown, and a click comes back as the item's id", async () => {
  await using session = new HelperSession();
  session.desktop.show(view(menu));
  const { icon, tooltip, menu: items } = await session.see(() => true);
  assert.deepEqual([icon, tooltip], ["running", "mcpproxy"]);
  assert.deepEqual(items.map(({ title, enabled, checked }) => [title, enabled, checked]), [
    ["mcpproxy", false, false],
    ["<SEPARATOR>", true, false],
    ["Start", true, false],
    ["Login", true, true],
  ]);
  await until(() => session.hosts.length > 0, "it is told that there is an icon");
  assert.deepEqual(session.hosts, [true]);
  await session.tell("Start");
  await until(() => session.clicks.length > 0, "the click is told");
  await session.tell("4711");
  await session.tell("Login");
  await until(() => session.clicks.length > 1, "the next click is told");
  assert.deepEqual(session.clicks, ["start", "login"]);
});

Deno.test("helper: what differs is sent, and nothing else; the helper stays", async () => {
  await using session = new HelperSession();
  session.desktop.show(view(menu));
  const first = await session.see(() => true);
  session.desktop.show(view(menu));
  session.desktop.show(view(menu.with(2, { id: "start", label: "Start", enabled: false })));
  const grey = await session.see(({ change }) => change === "update-item");
  assert.equal(grey.menu[2]!.enabled, false);
  session.desktop.show(
    view(menu.with(2, { id: "start", label: "Start", enabled: false }), {
      icon: "attention",
      tooltip: `x${"y".repeat(200)}`,
    }),
  );
  const last = await session.see(({ change }) => change === "update-menu");
  assert.equal(last.icon, "attention");
  assert(last.tooltip.length < 128);
  assert.deepEqual(session.shown.map(({ change }) => change), [
    "first",
    "update-item",
    "update-menu",
  ]);
  assert.equal(last.pid, first.pid);
});

Deno.test("helper: a menu of another shape comes with another helper, and the old one goes", async () => {
  await using session = new HelperSession();
  session.desktop.show(view(menu));
  const first = await session.see(() => true);
  session.desktop.show(view([...menu, { id: "quit", label: "Quit" }]));
  session.desktop.show(view([...menu, { id: "quit", label: "Quit!" }]));
  const second = await session.see(({ menu }) => menu.at(-1)!.title === "Quit!");
  assert.notEqual(second.pid, first.pid);
  await until(() => session.helpers === 1, "the first one has gone");
  await session.tell("Quit!");
  await until(() => session.clicks.length > 0, "the click is told");
  assert.deepEqual(session.clicks, ["quit"]);
  assert.deepEqual(session.hosts, [true], "there was an icon all the time");
});

Deno.test("helper: a click on what was something else a moment ago means nothing", async () => {
  await using session = new HelperSession();
  session.desktop.show(view(menu));
  await session.see(() => true);
  session.desktop.show(view(menu.with(2, { id: "stop", label: "Stop" })));
  await session.see(({ change }) => change === "update-item");
  await session.tell("Stop");
  await session.tell("Login");
  await until(() => session.clicks.length > 0, "the click on what did not change is told");
  await pause(600);
  await session.tell("Stop");
  await until(() => session.clicks.length > 1, "the later click is told");
  assert.deepEqual(session.clicks, ["login", "stop"]);
});

Deno.test("helper: one that dies is replaced by another", async () => {
  await using session = new HelperSession();
  session.desktop.show(view(menu));
  const first = await session.see(() => true);
  await session.tell("die");
  await until(() => session.hosts.includes(false), "it is told that the icon has gone");
  session.desktop.show(view(menu, { icon: "busy" }));
  const second = await session.see(({ pid }) => pid !== first.pid);
  assert.deepEqual([second.change, second.icon], ["first", "busy"]);
  await until(() => session.hosts.length === 3, "it is told that there is one again");
  assert.deepEqual(session.hosts, [true, false, true]);
});

Deno.test("helper: one that does not start is tried again, and nobody is harmed", async () => {
  await using session = new HelperSession();
  session.behaviour = "gone";
  session.desktop.show(view(menu));
  await until(() => session.hosts.length > 0, "it is told that there is no icon");
  session.behaviour = "";
  await session.see(() => true);
  await until(() => session.hosts.length > 1, "it is told that there is one");
  assert.deepEqual(session.hosts, [false, true]);
});

Deno.test("helper: a desktop that is closed while one starts, or before, leaves none", async () => {
  await using early = new HelperSession();
  await using idle = new HelperSession();
  early.desktop.show(view(menu));
  await idle.desktop.close();
  await early.desktop.close();
  early.desktop.show(view(menu));
  assert.deepEqual([...early.hosts, ...idle.hosts], []);
});
