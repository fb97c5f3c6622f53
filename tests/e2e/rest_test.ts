/** The API with real servers behind it, over both transports. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { followEvents } from "../../lib/client/events.ts";
import { type Core, startCore } from "../support/core.ts";
import { Sandbox } from "../support/sandbox.ts";
import { EventReader } from "./support/events.ts";
import { fixtureServer, realNames, realServers, type ServerEntry } from "./support/servers.ts";

// deno-lint-ignore no-explicit-any -- JSON of another process, of which each test looks at what it is about
type Json = any;

let sandbox: Sandbox;
let core: Core;

Deno.test.beforeAll(async () => {
  sandbox = await Sandbox.create();
  core = await startCore({ sandbox, config: { mcpServers: realServers(sandbox.folder) } });
  await Promise.all(realNames.map((name) => core.serverIs(name, "ready")));
});

Deno.test.afterAll(async () => {
  await core?.[Symbol.asyncDispose]();
  await sandbox?.[Symbol.asyncDispose]();
});

/** Asks by one of the transports. @returns status and parsed answer */
async function ask(
  transport: "overSocket" | "overTcp",
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; answer: Json }> {
  const response = await core[transport](path, {
    method,
    headers: { "content-type": "application/json" },
    ...body === undefined ? {} : { body: JSON.stringify(body) },
  });
  return { status: response.status, answer: await response.json() };
}

for (const transport of ["overSocket", "overTcp"] as const) {
  const get = async (path: string): Promise<Json> => {
    const { status, answer } = await ask(transport, "GET", path);
    assert.equal(status, 200, JSON.stringify(answer));
    assert.equal(answer.success, true);
    return answer.data;
  };

  Deno.test(`servers are listed with their state, tools and logs (${transport})`, async () => {
    const { servers, stats } = await get("/api/v1/servers");
    assert.deepEqual(servers.map(({ name }: Json) => name), realNames);
    for (const server of servers) {
      assert.equal(server.status, "ready");
      assert.equal(server.connected, true);
      assert.equal(server.health.level, "healthy");
      const { tools, count } = await get(`/api/v1/servers/${server.name}/tools`);
      assert.equal(count, server.tool_count);
      assert.equal(tools.length, count);
      assert(tools.every(({ schema }: Json) => schema.type === "object"));
    }
    assert.equal(stats.connected_servers, 3);
    const { logs } = await get("/api/v1/servers/filesystem/logs?tail=5");
    assert(logs.length >= 1 && logs.length <= 5, logs);
  });

  Deno.test(`a server is added, changed, disabled, enabled, restarted and removed (${transport})`, async () => {
    const name = `added ${transport}`; // with a blank, which has to be escaped in a path
    const path = `/api/v1/servers/${encodeURIComponent(name)}`;
    const send = async (method: string, at: string, body?: unknown) => {
      const { status, answer } = await ask(transport, method, at, body);
      assert.equal(status, 200, JSON.stringify(answer));
      assert.equal(answer.data.server, name);
    };
    const shown = async (): Promise<Json> =>
      (await get("/api/v1/servers")).servers.find((server: Json) => server.name === name);

    await send("POST", "/api/v1/servers", fixtureServer("plain", { name }));
    await core.serverIs(name, "ready");
    const again = await ask(transport, "POST", "/api/v1/servers", fixtureServer("plain", { name }));
    assert.equal(again.status, 409);

    await send("PATCH", path, { env: { GREETING: "good morning to you" } });
    await core.serverIs(name, "ready");
    assert.match((await shown()).env.GREETING, /^••••/);

    await send("POST", `${path}/disable`);
    await core.serverIs(name, "disabled");
    const refused = await ask(transport, "POST", `${path}/restart`);
    assert.equal(refused.status, 400);
    assert.match(refused.answer.error, /disabled/);
    await send("POST", `${path}/enable`);
    await core.serverIs(name, "ready");
    await send("POST", `${path}/restart`);
    await core.serverIs(name, "ready");

    await send("DELETE", path);
    assert.equal(await shown(), undefined);
    assert.equal((await ask(transport, "GET", `${path}/tools`)).status, 404);
  });

  Deno.test(`what cannot be done is refused with the reason (${transport})`, async () => {
    const refusals: [method: string, path: string, body: unknown, status: number, why: RegExp][] = [
      ["POST", "/api/v1/servers", { name: "x" }, 400, /command.*url/],
      ["POST", "/api/v1/servers", { name: "a:b", command: "true" }, 400, /name/],
      ["POST", "/api/v1/servers", { command: "true" }, 400, /name/],
      ["PATCH", "/api/v1/servers/memory", { args: "not a list" }, 400, /args/],
      ["PATCH", "/api/v1/servers/nobody", {}, 404, /nobody/],
      ["DELETE", "/api/v1/servers/nobody", undefined, 404, /nobody/],
      ["GET", "/api/v1/servers/memory/logs?tail=0", undefined, 400, /tail/],
      ["GET", "/api/v1/nothing", undefined, 404, /nothing/],
      ["PUT", "/api/v1/servers", {}, 405, /PUT/],
    ];
    for (const [method, path, body, expected, why] of refusals) {
      const { status, answer } = await ask(transport, method, path, body);
      assert.equal(status, expected, `${method} ${path}: ${JSON.stringify(answer)}`);
      assert.equal(answer.success, false);
      assert.match(answer.error, why);
      assert.match(answer.request_id, /^[a-zA-Z0-9_-]+$/);
    }
  });

  Deno.test(`the API describes and measures itself (${transport})`, async () => {
    const response = await core[transport]("/api/v1/openapi.json");
    const document = await response.json();
    assert.match(document.openapi, /^3\.1/);
    for (const path of ["/api/v1/servers", "/api/v1/status", "/events", "/metrics"]) {
      assert(document.paths[path], path);
    }
    const metrics = await (await core[transport]("/metrics")).text();
    assert.match(metrics, /^mcpproxy_upstream_state\{server="memory",state="ready"\} 1$/m);
    assert.match(metrics, /^mcpproxy_upstream_tools\{server="filesystem"\} [1-9]/m);
    assert.match(metrics, /^mcpproxy_connections_total\{source="socket"\} [1-9]/m);
    assert.match(metrics, /^mcpproxy_rejected_peers_total\{reason="uid"\} 0$/m);
  });
}

Deno.test("connections show who is connected: our process on the socket, our port on TCP", async () => {
  const overTcp = await core.overTcp("/readyz");
  await overTcp.body?.cancel();
  const { connections } = await core.api("/connections");
  const socket = connections.find(({ source }: Json) => source === "socket");
  assert.equal(socket.pid, Deno.pid);
  assert.equal(socket.uid, Deno.uid());
  assert.equal(socket.executable, Deno.realPathSync(Deno.execPath()));
  assert(socket.requests >= 1 && socket.connections >= 1);
  const tcp = connections.find(({ source }: Json) => source === "tcp");
  assert.match(tcp.remote_address, /^127\.0\.0\.1:[0-9]+$/);
});

// The channel to the core of this file keeps the connection that was opened beside the one of the events.
const keepsConnection = { sanitizeResources: false };
Deno.test(
  "a restart makes few servers.changed events, and each carries the whole list",
  keepsConnection,
  async () => {
    await using events = await EventReader.open((init) => core.overSocket("/events", init));
    await events.next("status");
    events.clear();
    await core.api("/servers/memory/restart", "POST");
    const last = await events.next(
      "servers.changed",
      ({ payload }) => payload.servers.find(({ name }: Json) => name === "memory").connected,
    );
    assert.deepEqual(last.payload.servers.map(({ name }: ServerEntry) => name), realNames);
    assert.equal(last.payload.stats.connected_servers, 3);
    const changes = events.seen.filter(({ type }) => type === "servers.changed");
    assert(changes.length <= 4, `${changes.length} events`);
  },
);

Deno.test("go fault 16: an event far larger than 64 KB arrives whole", async () => {
  await using own = await startCore({
    config: {
      mcpServers: Array.from({ length: 100 }, (_, index) => ({
        name: `server-${index}`,
        command: "true",
        args: ["x".repeat(3_000)],
        enabled: false,
      })),
    },
  });
  const abort = new AbortController();
  const fetch: typeof globalThis.fetch = (input, init) =>
    own.overSocket(input instanceof Request ? input.url : input, init);
  for await (const event of followEvents({ baseUrl: "http://localhost", fetch }, abort.signal)) {
    if (event.type === "connected") await own.api("/servers/server-7", "DELETE");
    if (event.type !== "servers.changed" || event.data.payload.servers.length !== 99) continue;
    assert(JSON.stringify(event.data.payload).length > 256 * 1024);
    break;
  }
  abort.abort();
});

Deno.test("every event stream gets every event", async () => {
  await using own = await startCore();
  const open = () => EventReader.open((init) => own.overTcp("/events", init));
  await using one = await open();
  await using two = await open();
  await using three = await open();
  const readers = [one, two, three];
  await Promise.all(readers.map((reader) => reader.next("status")));
  await own.api("/servers", "POST", { name: "new", command: "true", enabled: false });
  await Promise.all(
    readers.map((reader) =>
      reader.next("servers.changed", ({ payload }) => payload.servers[0]?.name === "new")
    ),
  );
});

Deno.test("read_only_mode lets nothing be changed through the API", async () => {
  await using own = await startCore({
    config: {
      read_only_mode: true,
      mcpServers: [{ name: "one", command: "true", enabled: false }],
    },
  });
  const before = Deno.readTextFileSync(join(own.dataDir, "mcp_config.json"));
  for (const [method, path] of [["DELETE", "/one"], ["POST", "/one/enable"], ["PATCH", "/one"]]) {
    const response = await own.overSocket(`/api/v1/servers${path}`, {
      method: method!,
      headers: { "content-type": "application/json" },
      ...method === "PATCH" ? { body: "{}" } : {},
    });
    assert.equal(response.status, 403);
    assert.match((await response.json()).error, /read_only_mode/);
  }
  assert.equal(Deno.readTextFileSync(join(own.dataDir, "mcp_config.json")), before);
});
