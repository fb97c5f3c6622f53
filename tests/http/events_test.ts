/** Server-sent events: what is sent, to whom and when. */
import assert from "node:assert/strict";
import { fakeStatus } from "./fake_services.ts";
import { clientCount, follow } from "./follower.ts";
import { until, withApp } from "./harness.ts";

Deno.test("a client gets comment, retry and status at once", () =>
  withApp(async (app) => {
    const client = await follow(app);
    assert.match(client.text, /^: connected\nretry: 5000\n\nid: [0-9a-f]{8}-0\nevent: status\n/);
    const { data } = client.events[0]!;
    assert.deepEqual(Object.keys(data), [
      "running",
      "listen_addr",
      "upstream_stats",
      "status",
      "timestamp",
    ]);
    assert.deepEqual([data.running, data.upstream_stats.connected_servers], [true, 2]);
    await client.leave();
    assert.equal(await clientCount(app), 0);
  }));

Deno.test("go fault 25: servers.changed carries the list, and many changes make one event", () =>
  withApp(async (app) => {
    const client = await follow(app);
    for (let n = 0; n < 20; n++) {
      app.services.change("server-0");
      app.services.change("server-1");
    }
    app.services.emit({ type: "servers.changed", reason: "config" });
    app.services.statuses.set("server-0", { ...fakeStatus("server-0"), state: "connecting" });
    await until(() => client.events.length >= 3);
    assert.deepEqual(client.types, ["status", "servers.changed", "status"]);
    const { payload, timestamp } = client.events[1]!.data;
    assert.equal(payload.reason, "state: server-0, state: server-1, config");
    assert.deepEqual(
      payload.servers.map((server: { name: string; status: string }) => server.status),
      ["connecting", "ready"],
    );
    assert.equal(payload.stats.connecting_servers, 1);
    assert.equal(typeof timestamp, "number");
    assert.equal(client.events[2]!.data.upstream_stats.connecting_servers, 1);
    await client.leave();
  }));

Deno.test("Status events reach only one client: here every client gets every event", () =>
  withApp(async (app) => {
    const clients = await Promise.all(Array.from({ length: 20 }, () => follow(app)));
    for (let n = 0; n < 5; n++) {
      app.services.settings.facts.listen_addr = `127.0.0.1:${9000 + n}`;
      app.services.emit({ type: "status.changed" });
      await until(() => clients.every(({ events }) => events.length === 2 + n));
    }
    for (const { events } of clients) {
      assert.deepEqual(events.slice(1).map(({ type, data }) => `${type} ${data.listen_addr}`), [
        "status 127.0.0.1:9000",
        "status 127.0.0.1:9001",
        "status 127.0.0.1:9002",
        "status 127.0.0.1:9003",
        "status 127.0.0.1:9004",
      ]);
    }
    await Promise.all(clients.map((client) => client.leave()));
  }));

Deno.test("status is sent when it changes, not when anything happens", () =>
  withApp(async (app) => {
    const client = await follow(app);
    app.services.emit({ type: "status.changed" });
    app.services.emit({ type: "config.reloaded", ok: false, error: "line 3: no comma" });
    app.services.emit({ type: "servers.changed", reason: "end" });
    await until(() => client.types.includes("servers.changed"));
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.deepEqual(client.types, ["status", "config.reloaded", "servers.changed"]);
    assert.deepEqual(client.events[1]!.data.payload, { ok: false, error: "line 3: no comma" });
    await client.leave();
  }));

Deno.test("ids grow; a client that comes back gets what it missed and no more", () =>
  withApp(async (app) => {
    const client = await follow(app);
    const reload = () => app.services.emit({ type: "config.reloaded", ok: true, error: null });
    for (let n = 0; n < 4; n++) reload();
    await until(() => client.events.length === 5);
    const ids = client.events.map(({ id }) => id!);
    const [epoch] = ids[0]!.split("-");
    assert.deepEqual(ids, [0, 1, 2, 3, 4].map((number) => `${epoch}-${number}`));
    await client.leave();

    reload();
    const back = await follow(app, ids[2]);
    await until(() => back.types.includes("status"));
    assert.deepEqual(back.events.map(({ id, type }) => `${id} ${type}`), [
      `${epoch}-3 config.reloaded`,
      `${epoch}-4 config.reloaded`,
      `${epoch}-5 config.reloaded`,
      `${epoch}-5 status`,
    ]);
    await back.leave();
  }));

Deno.test("go fault 29: reconnecting again and again repeats no event", () =>
  withApp(async (app) => {
    const first = await follow(app);
    app.services.emit({ type: "servers.changed", reason: "quarantine" });
    await until(() => first.types.includes("servers.changed"));
    let lastId = first.events.at(-1)!.id;
    await first.leave();
    for (let n = 0; n < 10; n++) {
      const back = await follow(app, lastId);
      lastId = back.events.at(-1)!.id;
      assert.deepEqual(back.types, ["status"]);
      await back.leave();
    }
  }));

Deno.test("a client that cannot be told what it missed is told everything", () =>
  withApp(async (app) => {
    const client = await follow(app);
    const [epoch] = client.events[0]!.id!.split("-");
    for (let n = 0; n < 1200; n++) {
      app.services.emit({ type: "config.reloaded", ok: true, error: null });
    }
    const unknown = [`${epoch}-100`, "00000000-5", `${epoch}-9999`, "", "x", `${epoch}--1`, "5"];
    for (const id of unknown.filter((id) => id !== "")) {
      const back = await follow(app, id);
      await until(() => back.events.length === 2);
      assert.deepEqual(back.types, ["status", "servers.changed"], id);
      assert.equal(back.events[1]!.data.payload.servers.length, 2);
      await back.leave();
    }
    const recent = await follow(app, `${epoch}-200`);
    await until(() => recent.types.includes("status"));
    assert.equal(recent.events.length, 1001);
    await recent.leave();
    await client.leave();
  }));

Deno.test("the replay is bounded in bytes too", () =>
  withApp(async (app) => {
    const client = await follow(app);
    const [epoch] = client.events[0]!.id!.split("-");
    const error = "x".repeat(100_000);
    for (let n = 0; n < 20; n++) app.services.emit({ type: "config.reloaded", ok: false, error });
    const tooOld = await follow(app, `${epoch}-5`);
    await until(() => tooOld.types.includes("servers.changed"));
    const recent = await follow(app, `${epoch}-10`);
    await until(() => recent.events.length === 11);
    await Promise.all([client, tooOld, recent].map((follower) => follower.leave()));
  }));

Deno.test("HEAD /events opens no stream", () =>
  withApp(async (app) => {
    const response = await app.ask("/events", { method: "HEAD" });
    assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
    assert.equal(await response.text(), "");
    assert.equal(await clientCount(app), 0);
  }));

Deno.test("closing the app ends every stream", () =>
  withApp(async (app) => {
    const clients = await Promise.all([follow(app), follow(app)]);
    app.app.close();
    await until(() => clients.every(({ ended }) => ended));
    app.services.emit({ type: "servers.changed", reason: "late" });
  }));

Deno.test("a core that fails while events are made goes on", () =>
  withApp(async (app) => {
    const client = await follow(app);
    const { get } = app.services.upstreams;
    app.services.upstreams.get = () => {
      throw new Error("broken");
    };
    app.services.change("server-0");
    await new Promise((resolve) => setTimeout(resolve, 100));
    app.services.upstreams.get = get;
    app.services.change("server-0");
    await until(() => client.types.includes("servers.changed"));
    await client.leave();
  }));

Deno.test("a client that comes after the end gets a stream that has ended", () =>
  withApp(async ({ app, ask }) => {
    app.close();
    assert.equal(await (await ask("/events")).text(), "");
  }));

Deno.test("a ping without an id every 30 s, while there are clients", () =>
  withApp(async (app) => {
    const { setInterval, clearInterval } = globalThis;
    const timers = new Map<number, () => void>();
    Object.assign(globalThis, {
      setInterval: (tick: () => void, ms: number) => timers.set(ms, tick) && ms,
      clearInterval: (timer: number) => timers.delete(timer),
    });
    try {
      const clients = [await follow(app), await follow(app)];
      assert.deepEqual([...timers.keys()], [30_000]);
      timers.get(30_000)!();
      for (const client of clients) {
        await until(() => client.types.includes("ping"));
        assert.equal(client.events[1]!.id, undefined);
        await client.leave();
      }
      assert.equal(timers.size, 0);
    } finally {
      Object.assign(globalThis, { setInterval, clearInterval });
    }
  }));
