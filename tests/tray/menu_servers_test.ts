import assert from "node:assert/strict";
import fc from "fast-check";
import { actionOf, viewOf } from "../../lib/tray/menu.ts";
import { serversItem } from "../../lib/tray/menu_servers.ts";
import { allItems, connected, drawn, model, server } from "./menu_models.ts";

Deno.test("each server: how it is, in a word outside and in words inside", () => {
  const servers = [
    server("ready"),
    server("one", { tool_count: 1 }),
    server("new", { state: "connecting" }),
    server("again", { state: "connecting", last_error: "connect ECONNREFUSED" }),
    server("broken", { state: "error", last_error: "spawn npx ENOENT" }),
    server("mute", { state: "error" }),
    server("off", { state: "disabled", enabled: false, last_error: "old" }),
    server("odd", { state: "disabled", quarantined: true }),
    server("over", { state: "stopped" }),
  ];
  const outside = serversItem(servers).items!;
  assert.deepEqual(outside.map(({ label, items }) => [label, items![0]!.label]), [
    ["ready — 12 tools", "Ready, 12 tools"],
    ["one — 1 tool", "Ready, 1 tool"],
    ["new — connecting…", "Connecting…"],
    ["⚠ again — connecting…", "Trying again: connect ECONNREFUSED"],
    ["⚠ broken — error", "Error: spawn npx ENOENT"],
    ["⚠ mute — error", "Error; the log tells more"],
    ["off — disabled", "Disabled"],
    ["odd — quarantined", "Quarantined: not started until it is approved"],
    ["over — stopped", "Stopped"],
  ]);
  assert.equal(serversItem(servers).label, "⚠ Servers (2 of 9 connected, 3 failing)");
});

Deno.test("each server: what can be done with it", () => {
  const items = (name: string, more: Parameters<typeof server>[1]) =>
    serversItem([server(name, more)]).items![0]!.items!;
  assert.deepEqual(items("a", {}).slice(1).map(({ id, enabled }) => [actionOf(id), enabled]), [
    [{ name: "disable_server", server: "a" }, undefined],
    [{ name: "restart_server", server: "a" }, true],
    [{ name: "open_server_log", server: "a" }, undefined],
  ]);
  const [, toggle, restart] = items("a", { enabled: false, state: "disabled" });
  assert.deepEqual(actionOf(toggle!.id), { name: "enable_server", server: "a" });
  assert.equal(restart!.enabled, false);
  assert.equal(items("a", { quarantined: true })[2]!.enabled, false);
});

Deno.test("hostile names and errors stay one short line", () => {
  const hostile = fc.string({ unit: "binary", maxLength: 600 });
  fc.assert(fc.property(hostile, hostile, (name, last_error) => {
    const servers = [server(name, { state: "error", last_error })];
    const view = viewOf(model(connected(true), { servers, problem: name }));
    for (const { label = "" } of allItems(view.menu)) {
      assert([...label].length <= 120);
      assert.doesNotMatch(label, /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
      assert(label.isWellFormed());
    }
    assert(view.tooltip.length <= 127);
    const restart = allItems(view.menu).find(({ label }) => label === "Restart")!;
    assert.deepEqual(actionOf(restart.id), { name: "restart_server", server: name });
  }));
});

Deno.test("an error that is an escape sequence and a page long", () => {
  const last_error = `\u001b[31mfail\nat x\u202e ${"y".repeat(5_000)}`;
  const [item] = serversItem([server("\u0007", { state: "error", last_error })]).items!;
  assert.equal(item!.label, "⚠ (no name) — error");
  assert.match(item!.items![0]!.label!, /^Error: \[31mfail at x y+…$/);
});

Deno.test("60 servers: in the order of the config, in groups that fit on a screen", () => {
  const servers = Array.from(
    { length: 60 },
    (_, index) =>
      server(`server ${index}`, index === 33 ? { state: "error", last_error: "x" } : {}),
  );
  const item = serversItem(servers);
  assert.equal(item.label, "⚠ Servers (59 of 60 connected, 1 failing)");
  assert.deepEqual(item.items!.map(({ label, items }) => [label, items!.length]), [
    ["server 0 … server 19", 20],
    ["⚠ server 20 … server 39", 20],
    ["server 40 … server 59", 20],
  ]);
  const order = item.items!.flatMap(({ items }) => items!).map(({ id }) => id);
  assert.deepEqual(order, servers.map(({ name }) => `server ${name}`));
  assert.equal(serversItem(servers.slice(0, 25)).items!.length, 25);
});

Deno.test("a server that fails stays where it was", () => {
  const well = [server("a"), server("b"), server("c")];
  const ill = well.with(1, server("b", { state: "error", last_error: "x" }));
  const ids = (servers: typeof well) => allItems([serversItem(servers)]).map(({ id }) => id);
  assert.deepEqual(ids(ill), ids(well));
});

Deno.test("no server yet, and no core", () => {
  assert.equal(drawn([serversItem([])]), "  Servers (none)\n    - Add one in the config file\n");
  assert.equal(drawn([serversItem(null)]), "- Servers\n    - The core is not running\n");
});
