/** What a person is told, how often, and when. */
import assert from "node:assert/strict";
import type { Notice } from "../../lib/tray/desktop/desktop.ts";
import type { ServerSummary } from "../../lib/tray/model.ts";
import { Notices, type Sight } from "../../lib/tray/notices.ts";
import type { Failure } from "../../lib/tray/state.ts";
import { FakeClock } from "./support/fake_clock.ts";

function scene() {
  const clock = new FakeClock();
  const told: Notice[] = [];
  const notices = new Notices(clock, (notice) => told.push(notice));
  const see = (sight: Partial<Sight>) =>
    notices.see({ state: { name: "stopped" }, problem: null, servers: [], ...sight });
  return {
    clock,
    told,
    fails: (failure: Failure, message: string) =>
      see({ state: { name: "failed", failure }, problem: { message, next: "Do this." } }),
    connected: (...servers: ServerSummary[]) =>
      see({ state: { name: "connected", owned: true, attempt: 0 }, servers }),
    reconnecting: () => see({ state: { name: "reconnecting", owned: true, attempt: 0 } }),
    attaching: () => see({ state: { name: "attaching", attempt: 0 } }),
  };
}

function server(name: string, more: Partial<ServerSummary> = {}): ServerSummary {
  return {
    ...{ name, enabled: true, quarantined: false, state: "ready", tool_count: 1, last_error: null },
    ...more,
  };
}

const quarantined = server("q", { quarantined: true, state: "disabled" });
const failing = server("f", { state: "error", last_error: "no route" });
const settled = 20_000;

Deno.test("a failure is told once, until there was a connection; another one is told, too", () => {
  const { told, fails, attaching, connected } = scene();
  fails("port_in_use", "Port 1 is in use");
  fails("port_in_use", "Port 1 is in use");
  attaching();
  fails("port_in_use", "Port 1 is in use");
  assert.equal(told.length, 1);
  assert.deepEqual(told[0], {
    id: "core",
    title: "mcpproxy: Port in use",
    body: "Port 1 is in use\nDo this.",
    urgency: "critical",
  });
  attaching();
  fails("configuration", "line 3");
  attaching();
  fails("configuration", "line 4");
  assert.equal(told.length, 3);
  connected();
  fails("configuration", "line 4");
  assert.equal(told.length, 4);
});

Deno.test("what is found out about a failure while it lasts is no new one", () => {
  const { told, fails } = scene();
  fails("unresponsive", "");
  fails("unresponsive", "it does not answer");
  assert.equal(told.length, 1);
});

Deno.test("go fault 29: reconnecting again and again tells nothing again, and nothing before it has settled", async () => {
  const { clock, told, connected, reconnecting } = scene();
  for (let time = 0; time < 20; time++) {
    connected(quarantined, failing);
    await clock.advance(settled / 2);
    reconnecting();
    await clock.advance(1_000);
  }
  assert.equal(told.length, 0);
  connected(quarantined, failing);
  await clock.advance(settled);
  assert.deepEqual(told.map(({ title }) => title), ["2 MCP servers need you"]);
  assert.equal(told[0]!.body, "q: quarantined until you have looked at it\nf: cannot be reached");
  for (let time = 0; time < 20; time++) {
    reconnecting();
    connected(quarantined, failing);
    await clock.advance(settled);
  }
  assert.equal(told.length, 1);
});

Deno.test("a server that comes back in time is not worth a word; one that breaks again after it was well is", async () => {
  const { clock, told, connected } = scene();
  connected(failing);
  await clock.advance(settled / 2);
  connected(server("f"));
  await clock.advance(settled);
  assert.equal(told.length, 0);
  for (let tries = 0; tries < 10; tries++) {
    connected(failing);
    await clock.advance(settled / 4);
    connected(server("f", { state: "connecting" }));
    await clock.advance(settled / 4);
  }
  assert.equal(told.length, 1);
  assert.equal(told[0]!.title, "An MCP server needs you");
  connected(server("f"));
  connected(failing);
  await clock.advance(settled);
  assert.equal(told.length, 2);
});

Deno.test("servers that are off or gone are nobody's concern, and many fit into one message", async () => {
  const { clock, told, connected } = scene();
  connected(failing, server("off", { enabled: false, state: "disabled" }));
  connected(server("other"));
  await clock.advance(settled);
  assert.equal(told.length, 0);
  connected(...Array.from({ length: 30 }, (_, index) => ({ ...failing, name: `s${index}` })));
  await clock.advance(settled);
  assert.equal(told.length, 1);
  assert.match(told[0]!.body, /^s0: .*\n.*\n.*\n.*\n.*\n… and 25 more$/);
  assert.equal(clock.pending, 0);
});
