/** The routes below /api/v1/servers. */
import assert from "node:assert/strict";
import { fakeStatus } from "./fake_services.ts";
import { dataOf, errorOf, withApp } from "./harness.ts";

Deno.test("the server list joins configuration and state", () =>
  withApp(async ({ ask, services }) => {
    const { statuses, stored } = services;
    stored.get("server-1")!.enabled = false;
    stored.get("server-2")!.quarantined = true;
    statuses.set("server-3", {
      ...fakeStatus("server-3"),
      state: "error",
      last_error: `exited with code 1: ${"x".repeat(200)}\nsecond line`,
      retry_count: 3,
      next_retry_at: "2026-01-01T00:00:08.000Z",
    });
    statuses.set("server-4", { ...fakeStatus("server-4"), state: "connecting", retry_count: 1 });
    statuses.delete("server-5");
    const { servers, stats } = await dataOf(await ask("/api/v1/servers"));
    assert.deepEqual(servers[0], {
      name: "server-0",
      protocol: "stdio",
      command: "npx",
      args: ["-y", "server-0"],
      env: { TOKEN: "••••ue (20 chars)" },
      headers: {},
      enabled: true,
      quarantined: false,
      connected: true,
      connecting: false,
      status: "ready",
      last_error: null,
      tool_count: 5,
      retry_count: 0,
      next_retry_at: null,
      health: {
        level: "healthy",
        admin_state: "enabled",
        summary: "Connected (5 tools)",
        detail: "",
        action: "",
      },
    });
    const healths = servers.map(
      ({ status, health }: { status: string; health: Record<string, string> }) =>
        [status, health.level, health.admin_state, health.action].join(" "),
    );
    assert.deepEqual(healths, [
      "ready healthy enabled ",
      "disabled healthy disabled enable",
      "quarantined healthy quarantined approve",
      "error unhealthy enabled restart",
      "connecting degraded enabled ",
      "connecting healthy enabled ",
    ]);
    assert.equal(servers[3].health.summary.length, 80);
    assert.match(servers[3].health.detail, /second line$/);
    assert.deepEqual(
      [servers[3].retry_count, servers[3].next_retry_at],
      [3, "2026-01-01T00:00:08.000Z"],
    );
    assert.deepEqual([stats.total_servers, stats.disabled_servers, stats.quarantined_servers], [
      6,
      1,
      1,
    ]);
  }, 6));

Deno.test("servers are added, changed, switched, restarted and removed", () =>
  withApp(async ({ ask, services }) => {
    const path = "/api/v1/servers/server-0";
    const added = await ask("/api/v1/servers", {
      method: "POST",
      json: { name: "new", url: "https://example.com/mcp", later: { unknown: 1 } },
    });
    assert.deepEqual(await dataOf(added), { server: "new", action: "add", success: true });
    assert.deepEqual(services.stored.get("new")!.later, { unknown: 1 });
    await dataOf(await ask(path, { method: "PATCH", json: { env: { A: "1", B: null } } }));
    await dataOf(await ask(`${path}/enable`, { method: "POST" }));
    await dataOf(await ask(`${path}/disable`, { method: "POST" }));
    await dataOf(await ask(`${path}/restart`, { method: "POST" }));
    const removed = await dataOf(await ask(path, { method: "DELETE" }));
    assert.deepEqual(removed, { server: "server-0", action: "remove", success: true });
    assert.deepEqual(services.done, [
      "add new",
      'patch server-0 {"env":{"A":"1","B":null}}',
      'patch server-0 {"enabled":true}',
      'patch server-0 {"enabled":false}',
      "restart server-0",
      "remove server-0",
    ]);
  }));

Deno.test("a name that is taken or unknown is answered with that name", () =>
  withApp(async ({ ask }) => {
    const taken = await ask("/api/v1/servers", {
      method: "POST",
      json: { name: "server-0", command: "x" },
    });
    assert.match(await errorOf(taken, 409), /"server-0"/);
    const asks: [string, string][] = [
      ["PATCH", ""],
      ["DELETE", ""],
      ["POST", "/enable"],
      ["POST", "/disable"],
      ["POST", "/restart"],
      ["GET", "/tools"],
      ["GET", "/logs"],
    ];
    for (const [method, rest] of asks) {
      const response = await ask(`/api/v1/servers/no%20such/${rest.slice(1)}`.replace(/\/$/, ""), {
        method,
        ...(method === "PATCH" ? { json: {} } : {}),
      });
      assert.match(await errorOf(response, 404), /no server named "no such"/);
    }
  }));

Deno.test("names in paths are decoded once, and lead nowhere else", () =>
  withApp(async ({ ask, services }) => {
    const names = [
      "a b",
      "a/b",
      "../config",
      "..%2fconfig",
      "ü",
      "%41",
      "__proto__",
      "constructor",
    ];
    for (const name of names) {
      const path = `/api/v1/servers/${encodeURIComponent(name)}/tools`;
      assert.match(
        await errorOf(await ask(path), 404),
        new RegExp(`named "${name.replaceAll(".", "\\.")}"`),
      );
      services.stored.set(name, { name, enabled: true });
      assert.equal((await dataOf(await ask(path))).server_name, name);
    }
  }));

Deno.test("a config that may not be changed says why", () =>
  withApp(async ({ ask, services }) => {
    services.settings.refusal = "the config is read-only (read_only_mode)";
    const path = "/api/v1/servers";
    for (
      const response of [
        await ask(path, { method: "POST", json: { name: "new", command: "x" } }),
        await ask(`${path}/server-0`, { method: "PATCH", json: {} }),
        await ask(`${path}/server-0`, { method: "DELETE" }),
        await ask(`${path}/server-0/enable`, { method: "POST" }),
      ]
    ) assert.match(await errorOf(response, 403), /read_only_mode/);
    assert.deepEqual(services.done, []);
  }));

Deno.test("tools and logs of a server", () =>
  withApp(async ({ ask }) => {
    const tools = await dataOf(await ask("/api/v1/servers/server-0/tools"));
    assert.deepEqual([tools.server_name, tools.count], ["server-0", 1]);
    assert.deepEqual(tools.tools[0], {
      name: "echo",
      server_name: "server-0",
      description: "echo of server-0",
      schema: { type: "object", properties: { text: { type: "string" } } },
      annotations: { readOnlyHint: true },
    });
    const path = "/api/v1/servers/server-0/logs";
    assert.equal((await dataOf(await ask(path))).count, 3);
    for (const query of ["?tail=2", "?limit=2"]) {
      assert.deepEqual((await dataOf(await ask(path + query))).logs, ["server-0 1", "server-0 2"]);
    }
    for (const query of ["?tail=0", "?tail=1001", "?tail=many", "?tail=1&tail=2", "?limit=1.5"]) {
      assert.match(await errorOf(await ask(path + query), 400), /^(tail|limit): /);
    }
  }));
