import assert from "node:assert/strict";
import { UserError } from "../../lib/errors.ts";
import type { UpstreamSettings } from "../../lib/upstream/options.ts";
import type { Upstreams } from "../../lib/upstream/types.ts";
import {
  fixtureServer,
  isRunning,
  quietSettings,
  serverConfig,
  until,
  untilState,
  withUpstreams,
} from "./helper.ts";

const plain = (name: string, fields = {}) => fixtureServer("plain", { name, ...fields });
const pids = (upstreams: Upstreams) =>
  Object.fromEntries(upstreams.list().map(({ name, pid }) => [name, pid]));

Deno.test("apply: starts what is new, ends what is gone, restarts what has changed and touches nothing else", async () => {
  await withUpstreams(async (upstreams) => {
    const changes: string[] = [];
    const end = upstreams.onChange(({ name, kind }) => void changes.push(`${name} ${kind}`));
    upstreams.apply([plain("a"), plain("b"), plain("c")]);
    assert.deepEqual(upstreams.list().map(({ name, state }) => `${name} ${state}`), [
      "a connecting",
      "b connecting",
      "c connecting",
    ]);
    for (const name of ["a", "b", "c"]) await untilState(upstreams, name, "ready");
    const before = pids(upstreams);
    assert.deepEqual(changes.slice(0, 6), [
      "a added",
      "a state",
      "b added",
      "b state",
      "c added",
      "c state",
    ]);
    assert.deepEqual(
      changes.slice(6).sort(),
      ["a", "b", "c"].flatMap((name) => [`${name} state`, `${name} tools`]),
    );

    changes.length = 0;
    upstreams.apply([plain("d"), plain("c", { env: { NEW: "1" } }), plain("a")]);
    assert.deepEqual(upstreams.list().map(({ name }) => name), ["d", "c", "a"]);
    assert.equal(upstreams.get("b"), undefined);
    assert.deepEqual(changes.slice(0, 4), ["b removed", "d added", "d state", "c state"]);
    for (const name of ["d", "c", "a"]) await untilState(upstreams, name, "ready");
    const after = pids(upstreams);
    assert.equal(after.a, before.a);
    assert.notEqual(after.c, before.c);
    await until(() => !isRunning(before.b!) && !isRunning(before.c!), "the old ones are gone");

    changes.length = 0;
    upstreams.apply([plain("d"), plain("c", { env: { NEW: "1" } }), plain("a")]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.deepEqual([changes, pids(upstreams)], [[], after]);

    end();
    upstreams.apply([]);
    assert.deepEqual([upstreams.list(), changes], [[], []]);
  });
});

Deno.test("apply: a listener that fails disturbs nobody", async () => {
  await withUpstreams(async (upstreams) => {
    upstreams.onChange(() => {
      throw new Error("of the listener");
    });
    upstreams.apply([plain("a")]);
    await untilState(upstreams, "a", "ready");
  });
});

Deno.test("enabling and disabling", async () => {
  await withUpstreams(async (upstreams) => {
    upstreams.apply([plain("a", { enabled: false })]);
    assert.deepEqual([upstreams.get("a")?.state, upstreams.get("a")?.last_error], [
      "disabled",
      null,
    ]);
    await assert.rejects(upstreams.restart("a"), (error: UserError) => {
      assert.match(`${error.message} ${error.next}`, /"a" is disabled.*"enabled": true/);
      return true;
    });
    upstreams.apply([plain("a")]);
    await untilState(upstreams, "a", "ready");
    const { pid } = upstreams.get("a")!;
    upstreams.apply([plain("a", { enabled: false })]);
    assert.deepEqual([upstreams.get("a")?.state, upstreams.tools("a"), upstreams.get("a")?.pid], [
      "disabled",
      [],
      null,
    ]);
    await until(() => !isRunning(pid!), "it is gone");
  });
});

Deno.test("a quarantined server is never started", async () => {
  await withUpstreams(async (upstreams) => {
    upstreams.apply([plain("a", { quarantined: true })]);
    const { state, last_error } = upstreams.get("a")!;
    assert.equal(state, "disabled");
    assert.match(last_error!, /^Quarantined: .*"quarantined": false for "a"/);
    await assert.rejects(upstreams.restart("a"), /cannot be restarted. Quarantined/);
    await assert.rejects(
      upstreams.callTool("a", "echo", {}),
      /not ready \(disabled\).*Quarantined/,
    );
    assert.deepEqual(upstreams.logs("a", 10), []);
    upstreams.apply([plain("a")]);
    await untilState(upstreams, "a", "ready");
    upstreams.apply([plain("a", { quarantined: true })]);
    assert.equal(upstreams.get("a")?.state, "disabled");
  });
});

Deno.test("with docker isolation on, no server is started outside of a container unasked", async () => {
  let dockerIsolation: UpstreamSettings["dockerIsolation"] = { enabled: false };
  await withUpstreams(
    async (upstreams) => {
      const servers = [
        plain("a"),
        plain("b", { isolation: { enabled: false } }),
        serverConfig({ name: "web", url: "http://127.0.0.1:1/mcp" }),
      ];
      upstreams.apply(servers);
      await untilState(upstreams, "a", "ready");
      await untilState(upstreams, "b", "ready");
      const { b } = pids(upstreams);
      dockerIsolation = { enabled: true };
      upstreams.apply(servers);
      await untilState(upstreams, "a", "error");
      const { last_error, next_retry_at, pid } = upstreams.get("a")!;
      assert.match(last_error!, /docker_isolation.*"isolation": \{"enabled": false\} for "a"/);
      assert.deepEqual([next_retry_at, pid], [null, null]);
      assert.equal(pids(upstreams).b, b);
      assert.doesNotMatch(upstreams.get("web")?.last_error ?? "", /docker/);
      dockerIsolation = { enabled: true, mode: "none" };
      upstreams.apply(servers);
      await untilState(upstreams, "a", "ready");
    },
    {},
    { settings: () => ({ ...quietSettings, dockerIsolation }) },
  );
});

Deno.test("what no retry can mend is not retried, but a restart tries again", async () => {
  let missing = true;
  await withUpstreams(
    async (upstreams) => {
      upstreams.apply([
        plain("a"),
        serverConfig({
          name: "both",
          protocol: "http",
          url: "http://127.0.0.1:1/",
          command: "serve",
        }),
      ]);
      await untilState(upstreams, "a", "error");
      assert.equal(upstreams.get("a")?.last_error, "The variable TOKEN is not set.");
      assert.equal(upstreams.get("a")?.next_retry_at, null);
      await untilState(upstreams, "both", "error");
      assert.match(upstreams.get("both")!.last_error!, /does not start HTTP servers itself/);
      missing = false;
      await upstreams.restart("a");
      await untilState(upstreams, "a", "ready");
    },
    {},
    {
      expand: (server) => {
        if (missing) throw new UserError("The variable TOKEN is not set.");
        return server;
      },
    },
  );
});

Deno.test("restart: a new process, after the old one has gone; of an unknown server it is refused", async () => {
  await withUpstreams(async (upstreams) => {
    upstreams.apply([plain("a")]);
    await untilState(upstreams, "a", "ready");
    const { pid } = upstreams.get("a")!;
    await upstreams.restart("a");
    assert.equal(upstreams.get("a")?.state, "connecting");
    await untilState(upstreams, "a", "ready");
    assert(!isRunning(pid!));
    assert.notEqual(upstreams.get("a")?.pid, pid);
    await assert.rejects(upstreams.restart("b"), /There is no server "b"\. Configured: a\./);
  });
});

Deno.test("retries come later and later, and a restart comes at once", async () => {
  await withUpstreams(async (upstreams) => {
    upstreams.apply([serverConfig({ name: "a", command: "no-such-command-anywhere" })]);
    await until(() => (upstreams.get("a")?.retry_count ?? 0) >= 3, "three tries");
    await upstreams.restart("a");
    await untilState(upstreams, "a", "error");
    const { retry_count, next_retry_at } = upstreams.get("a")!;
    assert.equal(retry_count, 1);
    assert(Date.parse(next_retry_at!) <= Date.now() + 1_000);
  });
});

Deno.test("stop: ends everything, also in the middle of connecting, and for good", async () => {
  await withUpstreams(async (upstreams) => {
    upstreams.apply([
      fixtureServer("silent"),
      plain("a"),
      serverConfig({ name: "broken", command: "nope-nope" }),
    ]);
    await untilState(upstreams, "a", "ready");
    await untilState(upstreams, "broken", "error");
    const { pid } = upstreams.get("a")!;
    const began = performance.now();
    await Promise.all([upstreams.stop(), upstreams.stop()]);
    assert(performance.now() - began < 4_500);
    assert(!isRunning(pid!));
    assert.deepEqual(upstreams.list().map(({ state }) => state), ["stopped", "stopped", "stopped"]);
    upstreams.apply([plain("late")]);
    assert.equal(upstreams.get("late"), undefined);
    await assert.rejects(upstreams.callTool("a", "echo", {}), /not ready \(stopped\)/);
  });
});

Deno.test("stop: at any moment after the start, nothing is left and nothing hangs", async () => {
  for (const delay of [0, 1, 3, 10, 30, 60, 100]) {
    await withUpstreams(async (upstreams) => {
      upstreams.apply([plain("a"), serverConfig({ name: "web", url: "http://127.0.0.1:1/mcp" })]);
      await new Promise((resolve) => setTimeout(resolve, delay));
    });
  }
});
