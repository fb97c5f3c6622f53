/** Who may do what on the private channel and on TCP: the scenarios of the specification, and attempts to get around them. */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import { type Core, startCore } from "../support/core.ts";
import { EventReader } from "./support/events.ts";
import { sendRaw } from "./support/raw_http.ts";

/** Sends a request over TCP without our key. @returns the status */
async function statusOverTcp(core: Core, path: string, headers: HeadersInit = {}): Promise<number> {
  const response = await fetch(`http://${core.tcp}${path}`, { headers });
  await response.body?.cancel();
  return response.status;
}

Deno.test("the socket answers without a key", async () => {
  await using core = await startCore();
  const response = await core.overSocket("/api/v1/status");
  assert.equal(response.status, 200);
  const { success, data } = await response.json();
  assert.equal(success, true);
  assert.equal(data.running, true);
  assert.equal(data.listen_addr, core.tcp);
});

Deno.test("any HTTP client that can use a Unix socket gets the same answers", async () => {
  await using core = await startCore();
  using client = Deno.createHttpClient({ proxy: { transport: "unix", path: core.socket } });
  const response = await fetch("http://localhost/api/v1/info", { client });
  assert.equal(response.status, 200);
  assert.deepEqual((await response.json()).data, await core.api("/info"));
});

Deno.test("TCP refuses a request without a key or with a wrong one, and tells how to send it", async () => {
  await using core = await startCore();
  const refused: HeadersInit[] = [
    {},
    { "x-api-key": "" },
    { "x-api-key": "0".repeat(64) },
    { "x-api-key": core.apiKey.slice(1) },
    { "x-api-key": `${core.apiKey}0` },
    { "x-api-key": `${core.apiKey}, ${core.apiKey}` },
    { authorization: `Bearer ${"0".repeat(64)}` },
    { authorization: `Basic ${btoa(`mcpproxy:${core.apiKey}`)}` },
    { cookie: `apikey=${core.apiKey}` },
  ];
  for (const headers of refused) {
    for (const path of ["/api/v1/status", "/api/v1/config", "/events", "/metrics", "/mcp"]) {
      assert.equal(
        await statusOverTcp(core, path, headers),
        401,
        JSON.stringify({ path, headers }),
      );
    }
  }
  const response = await fetch(`http://${core.tcp}/api/v1/status`);
  const { success, error } = await response.json();
  assert.equal(success, false);
  assert.match(error, /X-API-Key/);
});

Deno.test("TCP takes the key as X-API-Key, as a Bearer token, and in the query of a GET", async () => {
  await using core = await startCore();
  assert.equal(await statusOverTcp(core, "/api/v1/status", { "x-api-key": core.apiKey }), 200);
  const bearer = { authorization: `Bearer ${core.apiKey}` };
  assert.equal(await statusOverTcp(core, "/api/v1/status", bearer), 200);

  await using events = await EventReader.open((init) =>
    fetch(`http://${core.tcp}/events?apikey=${core.apiKey}`, init)
  );
  assert.equal((await events.next("status")).listen_addr, core.tcp);

  const post = await fetch(`http://${core.tcp}/api/v1/servers?apikey=${core.apiKey}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  await post.body?.cancel();
  assert.equal(post.status, 401);
});

Deno.test("require_mcp_auth: false opens /mcp to TCP and nothing else, and is warned of", async () => {
  await using core = await startCore({ config: { require_mcp_auth: false } });
  assert.notEqual(await statusOverTcp(core, "/mcp"), 401);
  assert.notEqual(await statusOverTcp(core, "/mcp/all"), 401);
  for (const path of ["/api/v1/status", "/events", "/metrics", "/mcp/../api/v1/config"]) {
    assert.equal(await statusOverTcp(core, path), 401, path);
  }
  assert.match(core.output(), /require_mcp_auth is false/);
});

Deno.test("health probes need no key and tell nothing else", async () => {
  await using core = await startCore();
  for (const path of ["/healthz", "/livez", "/health"]) {
    const response = await fetch(`http://${core.tcp}${path}`);
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), { status: "ok" });
  }
  for (const path of ["/readyz", "/ready"]) {
    const response = await fetch(`http://${core.tcp}${path}`);
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), { ready: true });
  }
});

Deno.test("events over the socket begin with a status that has the listen address", async () => {
  await using core = await startCore();
  await using events = await EventReader.open((init) => core.overSocket("/events", init));
  const status = await events.next("status");
  assert.equal(status.listen_addr, core.tcp);
  assert.equal(status.running, true);
  assert.equal(events.seen[0]?.type, "status");
});

Deno.test("both listeners serve at the same time", async () => {
  await using core = await startCore();
  const statuses = await Promise.all(
    Array.from({ length: 100 }, async (_, index) => {
      const response = index % 2 === 0
        ? await core.overSocket("/api/v1/status")
        : await core.overTcp("/api/v1/status");
      await response.body?.cancel();
      return response.status;
    }),
  );
  assert.deepEqual(new Set(statuses), new Set([200]));
});

Deno.test("the socket is 0600 in a directory that is 0700, both ours", async () => {
  await using core = await startCore();
  const socket = Deno.lstatSync(core.socket);
  const directory = Deno.lstatSync(dirname(core.socket));
  assert.equal(socket.mode! & 0o7777, 0o600);
  assert.equal(directory.mode! & 0o7777, 0o700);
  assert.equal(socket.uid, Deno.uid());
  assert.equal(directory.uid, Deno.uid());
});

Deno.test("no header makes a request over TCP one of the private channel", async () => {
  await using core = await startCore();
  const forged: Record<string, string>[] = [
    { "x-mcpproxy-client": `tray/1; pid=${Deno.pid}` },
    { "x-mcpproxy-session": "new" },
    { "x-connection-source": "tray", "connection-source": "socket", "connection_source": "tray" },
    { source: "socket", "x-source": "socket", "x-mcpproxy-source": "socket" },
    { "x-forwarded-for": "127.0.0.1", "x-real-ip": "127.0.0.1", forwarded: "for=unix:" },
    { "x-forwarded-proto": "unix", "x-forwarded-host": "localhost", via: "1.1 localhost" },
  ];
  for (const headers of forged) {
    for (const path of ["/api/v1/servers", "/api/v1/config", "/events", "/mcp/all"]) {
      assert.equal(
        await statusOverTcp(core, path, headers),
        401,
        JSON.stringify({ path, headers }),
      );
    }
  }
});

Deno.test("the session that the socket hands out is worth nothing on TCP", async () => {
  await using core = await startCore();
  using client = Deno.createHttpClient({ proxy: { transport: "unix", path: core.socket } });
  const first = await fetch("http://localhost/readyz", {
    client,
    headers: { "x-mcpproxy-session": "new" },
  });
  await first.body?.cancel();
  const session = first.headers.get("x-mcpproxy-session");
  assert.match(session ?? "", /^[1-9][0-9]*\.[0-9a-f]{64}$/);

  const path = "/api/v1/status";
  assert.equal(await statusOverTcp(core, path, { "x-mcpproxy-session": session! }), 401);
  const overTcp = await core.overTcp("/readyz", { headers: { "x-mcpproxy-session": "new" } });
  await overTcp.body?.cancel();
  assert.equal(overTcp.headers.get("x-mcpproxy-session"), null, "and TCP hands out none");
  const known = await fetch(`http://localhost${path}`, {
    client,
    headers: { "x-mcpproxy-session": session! },
  });
  await known.body?.cancel();
  assert.equal(known.status, 200);
});

Deno.test("an absolute request target does not lead past the key", async () => {
  await using core = await startCore();
  const [hostname, port] = core.tcp.split(":");
  for (const target of [`unix://localhost/api/v1/config`, `http://${core.tcp}/api/v1/config`]) {
    const { status, body } = await sendRaw({ hostname: hostname!, port: Number(port) }, {
      target,
      headers: [["Host", core.tcp]],
    });
    assert([400, 401, 403].includes(status), `${target}: ${status}`);
    assert(!body.includes("mcpServers"));
  }
});

Deno.test("go fault 23: what the environment says of proxies never leads a client of the socket to TCP", async () => {
  await using core = await startCore();
  const channel = new URL("../../lib/ipc/channel_unix.ts", import.meta.url);
  const client = `
    const { openUnixChannel } = await import(${JSON.stringify(channel.href)});
    const response = await openUnixChannel(${
    JSON.stringify(core.socket)
  }, "e2e/1").fetch("/readyz");
    console.log(response.status);
    Deno.exit();
  `;
  const nowhere = "http://127.0.0.1:1";
  for (
    const env of [
      { NO_PROXY: "*", no_proxy: "*" },
      { NO_PROXY: "localhost,127.0.0.1", no_proxy: "localhost" },
      { HTTP_PROXY: nowhere, http_proxy: nowhere, ALL_PROXY: nowhere, all_proxy: nowhere },
    ]
  ) {
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", client],
      env: { ...env, NO_COLOR: "1" },
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
    assert.equal(text(stdout), "200", `${JSON.stringify(env)}: ${text(stderr)}`);
  }
});
