/** What each route answers. */
import assert from "node:assert/strict";
import { API_KEY, fakeStatus, SECRET } from "./fake_services.ts";
import { dataOf, errorOf, withApp } from "./harness.ts";

Deno.test("probes answer as in the Go program, by all their names", () =>
  withApp(async ({ ask, services }) => {
    for (const path of ["/healthz", "/livez", "/health"]) {
      assert.deepEqual(await (await ask(path)).json(), { status: "ok" });
    }
    for (const path of ["/readyz", "/ready"]) {
      services.settings.facts.ready = true;
      const ready = await ask(path);
      assert.equal(ready.status, 200);
      assert.deepEqual(await ready.json(), { ready: true });
      services.settings.facts.ready = false;
      const starting = await ask(path);
      assert.equal(starting.status, 503);
      assert.deepEqual(await starting.json(), { ready: false });
    }
  }));

Deno.test("HEAD answers the headers of GET without a body", () =>
  withApp(async ({ ask }) => {
    for (const path of ["/healthz", "/api/v1/status", "/metrics", "/events"]) {
      const response = await ask(path, { method: "HEAD" });
      assert.equal(response.status, 200, path);
      assert.equal(await response.text(), "", path);
      assert.match(response.headers.get("content-type")!, /^(application|text)\//);
    }
  }));

Deno.test("status tells phase, address and counts", () =>
  withApp(async ({ ask, services }) => {
    services.statuses.set("server-1", {
      ...fakeStatus("server-1"),
      state: "error",
      last_error: "npx was not found",
      tool_count: 0,
    });
    const data = await dataOf(await ask("/api/v1/status"));
    assert.equal(data.running, true);
    assert.equal(data.version, "1.2.3");
    assert.equal(data.listen_addr, "127.0.0.1:8080");
    assert.equal(data.status.phase, "Running");
    assert.ok(data.uptime_seconds >= 5 && data.uptime_seconds < 60);
    assert.ok(Math.abs(data.timestamp - Date.now() / 1000) < 10);
    assert.deepEqual(data.upstream_stats, {
      total_servers: 2,
      connected_servers: 1,
      connecting_servers: 0,
      error_servers: 1,
      disabled_servers: 0,
      quarantined_servers: 0,
      total_tools: 5,
    });
    services.settings.facts.ready = false;
    const starting = await dataOf(await ask("/api/v1/status"));
    assert.deepEqual([starting.running, starting.status.phase], [false, "Starting"]);
  }));

Deno.test("go fault 31: info names the real socket", () =>
  withApp(async ({ ask, services }) => {
    const data = await dataOf(await ask("/api/v1/info"));
    assert.deepEqual(data.endpoints, {
      http: "127.0.0.1:8080",
      socket: "unix:///tmp/fake/mcpproxy.sock",
    });
    assert.deepEqual([data.pid, data.launched_by, data.version], [4321, "test", "1.2.3"]);
    services.settings.facts.socket = null;
    assert.equal((await dataOf(await ask("/api/v1/info"))).endpoints.socket, null);
  }));

Deno.test("go fault 30: no route gives away the API key or a server's secrets", () =>
  withApp(async ({ ask }) => {
    const paths = [
      "/api/v1/info",
      "/api/v1/status",
      "/api/v1/config",
      "/api/v1/connections",
      "/api/v1/servers",
      "/api/v1/servers/server-0/tools",
      "/api/v1/servers/server-0/logs",
      "/api/v1/openapi.json",
      "/metrics",
    ];
    for (const path of paths) {
      for (const source of ["tcp", "socket"] as const) {
        const response = await ask(path, { source });
        assert.equal(response.status, 200, path);
        const everything = JSON.stringify([...response.headers]) + await response.text();
        assert.ok(!everything.includes(API_KEY), `${path} holds the API key`);
        assert.ok(!everything.includes(SECRET), `${path} holds a server's secret`);
      }
    }
  }));

Deno.test("every answer carries the request id and the security headers", () =>
  withApp(async ({ ask, services }) => {
    services.mcp = () => Promise.resolve(Response.redirect("http://127.0.0.1/", 302));
    const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    const paths = [
      "/healthz",
      "/api/v1/status",
      "/nothing",
      "/metrics",
      "/mcp",
      "/api/v1/openapi.json",
    ];
    for (const path of paths) {
      const { headers } = await ask(path);
      assert.match(headers.get("x-request-id")!, uuid, path);
      assert.equal(headers.get("x-content-type-options"), "nosniff", path);
      assert.equal(headers.get("cache-control"), "no-store", path);
      assert.equal(headers.get("referrer-policy"), "no-referrer", path);
    }
    const idOf = async (id: string) =>
      (await ask("/healthz", { headers: { "x-request-id": id } })).headers.get("x-request-id")!;
    assert.equal(await idOf("my-request_1"), "my-request_1");
    assert.equal(await idOf("a".repeat(256)), "a".repeat(256));
    for (const id of ["", "a b", "a".repeat(257), "<x>", "é", "a, b"]) {
      assert.match(await idOf(id), uuid);
    }
    const refused = await ask("/api/v1/status", { key: "wrong", headers: { "x-request-id": "r" } });
    assert.equal(refused.headers.get("x-request-id"), "r");
  }));

Deno.test("on the private channel an id is told with an error, and where it was asked for", () =>
  withApp(async ({ ask }) => {
    const idOf = async (path: string, headers: Record<string, string> = {}) =>
      (await ask(path, { source: "socket", headers })).headers.get("x-request-id");
    for (const path of ["/healthz", "/api/v1/status", "/api/v1/servers"]) {
      assert.equal(await idOf(path), null, path);
      assert.equal(await idOf(path, { "x-request-id": "mine" }), "mine", path);
    }
    assert.match((await idOf("/nothing"))!, /^[0-9a-f-]{36}$/);
  }));

Deno.test("what is found by its path alone is answered as the router answers it", () =>
  withApp(async ({ ask }) => {
    for (const path of ["/api/v1/status", "/api/v1/info"]) {
      const direct = await ask(path, { source: "socket" });
      const routed = await ask(`${path}?x=1`, { source: "socket" });
      const encoded = await ask(path.replace("v1", "%76%31"), { source: "socket" });
      const [data, ...others] = await Promise.all(
        [direct, routed, encoded].map(async (response) => {
          const { data: { timestamp: _, uptime_seconds: __, ...rest } } = await response.json();
          return [response.status, [...response.headers], rest];
        }),
      );
      for (const other of others) assert.deepEqual(other, data);
      assert.equal((await ask(path, { source: "socket", method: "POST" })).status, 405);
      assert.equal((await ask(path, { source: "socket", method: "HEAD" })).status, 200);
    }
  }));

Deno.test("headers of the listener are put on every answer", () =>
  withApp(async ({ app }) => {
    for (const path of ["/healthz", "/api/v1/status", "/nothing", "/mcp"]) {
      const response = await app.fetch(new Request(`http://localhost${path}`), {
        source: "socket",
        responseHeaders: { "X-MCPProxy-Session": "s3ss10n" },
      });
      assert.equal(response.headers.get("x-mcpproxy-session"), "s3ss10n", path);
    }
  }));

Deno.test("unknown paths are 404, other methods 405 with what is allowed", () =>
  withApp(async ({ ask }) => {
    for (const path of ["/", "/api/v1/nothing", "/api/v1/status/", "//healthz", "/mcp/code"]) {
      assert.match(await errorOf(await ask(path), 404), /there is no/);
    }
    const allowed: Record<string, string> = {
      "/healthz": "GET, HEAD, OPTIONS",
      "/api/v1/servers": "GET, POST, HEAD, OPTIONS",
      "/api/v1/servers/server-0": "PATCH, DELETE, OPTIONS",
      "/api/v1/servers/server-0/enable": "POST, OPTIONS",
    };
    for (const [path, methods] of Object.entries(allowed)) {
      const refused = await ask(path, { method: "PUT" });
      assert.equal(refused.headers.get("allow"), methods);
      assert.match(await errorOf(refused, 405), /does not take PUT/);
      const options = await ask(path, { method: "OPTIONS" });
      assert.deepEqual([options.status, options.headers.get("allow")], [204, methods]);
    }
  }));

Deno.test("all MCP paths go to the endpoint, whatever the method", () =>
  withApp(async ({ ask, services }) => {
    const seen: string[] = [];
    services.mcp = async (request) => {
      seen.push(`${request.method} ${new URL(request.url).pathname} ${await request.text()}`);
      return new Response("answer", { status: 202, headers: { "mcp-session-id": "1" } });
    };
    for (const path of ["/mcp", "/mcp/all", "/mcp/call"]) {
      const response = await ask(path, { method: "POST", body: "{" });
      assert.deepEqual([response.status, await response.text()], [202, "answer"]);
      assert.equal(response.headers.get("mcp-session-id"), "1");
      await ask(path, { method: "DELETE" });
    }
    assert.deepEqual(seen.slice(0, 2), ["POST /mcp {", "DELETE /mcp "]);
    assert.equal(seen.length, 6);
  }));

Deno.test("the OpenAPI document describes every route and how to get in", () =>
  withApp(async ({ app, ask }) => {
    const document = await (await ask("/api/v1/openapi.json")).json();
    assert.deepEqual(document, JSON.parse(JSON.stringify(app.openapi())));
    assert.equal(document.openapi, "3.1.0");
    assert.deepEqual(Object.keys(document.components.securitySchemes), [
      "ApiKeyHeader",
      "BearerToken",
      "ApiKeyQuery",
    ]);
    assert.deepEqual(Object.keys(document.paths["/api/v1/servers/{name}"]), ["patch", "delete"]);
    assert.ok(document.components.schemas.Server);
    assert.deepEqual(document.paths["/healthz"].get.security, []);
    assert.equal(Object.keys(document.paths).length, 19);
  }));
