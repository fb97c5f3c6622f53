/** A web page of somebody else in the user's browser: it can reach our port, and must get nothing from it. */
import assert from "node:assert/strict";
import { type Core, startCore } from "../support/core.ts";
import { type RawAnswer, type RawRequest, sendRaw } from "./support/raw_http.ts";

/** Sends a request over TCP, by default a GET of the status with the key and the right Host. */
function send(
  core: Core,
  headers: readonly (readonly [string, string])[],
  request: Partial<Omit<RawRequest, "headers">> = {},
): Promise<RawAnswer> {
  const [hostname, port] = core.tcp.split(":");
  return sendRaw({ hostname: hostname!, port: Number(port) }, {
    target: "/api/v1/status",
    ...request,
    headers: [["X-API-Key", core.apiKey], ...headers],
  });
}

const json = ["Content-Type", "application/json"] as const;
/** Every kind of route. */
const routes: (Pick<RawRequest, "target"> & Partial<RawRequest>)[] = [
  { target: "/healthz" },
  { target: "/readyz" },
  { target: "/api/v1/status" },
  { target: "/api/v1/config" },
  { target: "/api/v1/openapi.json" },
  { target: "/api/v1/servers", method: "POST", body: '{"name":"x","command":"true"}' },
  { target: "/api/v1/servers/x", method: "DELETE" },
  { target: "/api/v1/servers/x/logs?follow=true" },
  { target: "/api/v1/tools" },
  { target: "/api/v1/index/search?q=x" },
  { target: "/api/v1/tools/call", method: "POST", body: '{"tool_name":"x:y"}' },
  { target: "/api/v1/shutdown", method: "POST", body: "" },
  { target: "/events" },
  { target: "/metrics" },
  { target: "/mcp", method: "POST", body: '{"jsonrpc":"2.0","id":1,"method":"ping"}' },
  { target: "/mcp/all", method: "POST", body: '{"jsonrpc":"2.0","id":1,"method":"ping"}' },
  { target: "/" },
  { target: "/ui/" },
  { target: "/no/such/route" },
];

function assertNoPermission({ headers }: RawAnswer, what: string): void {
  for (const [name] of headers) assert(!name.startsWith("access-control-"), `${what}: ${name}`);
}

Deno.test("a Host that is not ours is refused on every kind of route, with the key too", async () => {
  await using core = await startCore();
  const port = core.tcp.split(":")[1];
  const hosts = [
    `evil.test:${port}`, // DNS rebinding: the name has been pointed at 127.0.0.1
    "evil.test",
    `127.0.0.1.evil.test:${port}`,
    `localhost.evil.test:${port}`,
    `evil.test#@127.0.0.1:${port}`,
    `0x7f.1:${port}`,
    `[::ffff:7f00:1]:${port}`,
  ];
  for (const host of hosts) {
    for (const route of routes) {
      const answer = await send(core, [["Host", host], json], route);
      const what = `${host} ${route.target}`;
      assert.equal(answer.status, host.includes("#") ? 400 : 403, what);
      assertNoPermission(answer, what);
      assert(!answer.body.includes("mcpServers") && !answer.body.includes("listen_addr"), what);
    }
  }
  assert.deepEqual((await core.api("/servers")).servers, []);
});

Deno.test("our own names are taken, with and without the port", async () => {
  await using core = await startCore();
  const port = core.tcp.split(":")[1];
  for (const host of [core.tcp, `localhost:${port}`, "LOCALHOST", "127.0.0.1", `[::1]:${port}`]) {
    const { status } = await send(core, [["Host", host]]);
    assert.equal(status, 200, host);
  }
});

Deno.test("an Origin that is not ours is refused on every kind of route, `null` and other ports of localhost too", async () => {
  await using core = await startCore();
  const port = core.tcp.split(":")[1];
  const origins = [
    "https://evil.test",
    `http://evil.test:${port}`,
    "null",
    "http://localhost:3000",
    `https://${core.tcp}`,
    `http://${core.tcp}.evil.test`,
    `http://user@${core.tcp}`,
    "file://",
    "chrome-extension://abcdefgh",
    "",
  ];
  for (const origin of origins) {
    for (const route of routes) {
      const answer = await send(core, [["Host", core.tcp], ["Origin", origin], json], route);
      const what = `${origin} ${route.target}`;
      assert.equal(answer.status, 403, what);
      assertNoPermission(answer, what);
    }
  }
  const own = await send(core, [["Host", core.tcp], ["Origin", `http://${core.tcp}`]]);
  assert.equal(own.status, 200);
  assertNoPermission(own, "our own origin needs no permission");
});

Deno.test("the preflight of another site gets no permission", async () => {
  await using core = await startCore();
  for (const { target, method = "GET" } of routes) {
    const [hostname, port] = core.tcp.split(":");
    const answer = await sendRaw({ hostname: hostname!, port: Number(port) }, {
      method: "OPTIONS",
      target,
      headers: [
        ["Host", core.tcp],
        ["Origin", "https://evil.test"],
        ["Access-Control-Request-Method", method],
        ["Access-Control-Request-Headers", "x-api-key, content-type"],
        ["Access-Control-Request-Private-Network", "true"],
      ],
    });
    assert.equal(answer.status, 403, target);
    assertNoPermission(answer, target);
  }
});

Deno.test("what a page can send without a preflight is refused by where it says it comes from", async () => {
  await using core = await startCore();
  const plain = ["Content-Type", "text/plain"] as const;
  for (const route of routes.filter(({ method }) => method === "POST")) {
    for (const site of ["cross-site", "same-site"]) {
      // "document" is what a form is sent as.
      for (const destination of ["empty", "document", "iframe"]) {
        const from = [["Sec-Fetch-Site", site], ["Sec-Fetch-Dest", destination]] as const;
        const answer = await send(core, [["Host", core.tcp], ...from, plain], route);
        assert.equal(answer.status, 403, `${route.target} ${site} ${destination}`);
      }
    }
  }
  assert.deepEqual((await core.api("/servers")).servers, []);
});

Deno.test("a link of another site that the user follows is no attack", async () => {
  await using core = await startCore();
  const link = [["Sec-Fetch-Site", "cross-site"], ["Sec-Fetch-Dest", "document"]] as const;
  assert.equal((await send(core, [["Host", core.tcp], ...link])).status, 200);
});

Deno.test("what changes something takes no key from the address, and without one nobody can end the core", async () => {
  await using core = await startCore();
  const [hostname, port] = core.tcp.split(":");
  const changing = routes.filter(({ method, target }) =>
    method === "POST" && target.startsWith("/api/")
  );
  assert(changing.some(({ target }) => target === "/api/v1/shutdown"));
  for (const route of changing) {
    for (const query of ["", `?apikey=${core.apiKey}`]) {
      const answer = await sendRaw({ hostname: hostname!, port: Number(port) }, {
        ...route,
        target: `${route.target}${query}`,
        headers: [["Host", core.tcp], json],
      });
      assert.equal(answer.status, 401, route.target);
    }
  }
  assert.equal((await core.api("/status")).running, true);
});

Deno.test("two Host headers, none, or a target for another host are refused", async () => {
  await using core = await startCore();
  const ours = ["Host", core.tcp] as const;
  const evil = ["Host", "evil.test"] as const;
  for (const headers of [[ours, evil], [evil, ours], [ours, ours], []]) {
    const { status, body } = await send(core, headers);
    assert([0, 400, 403].includes(status), `${headers.join(" and ")}: ${status}`);
    assert(!body.includes("listen_addr"));
  }
  const absolute = await send(core, [ours], { target: "http://evil.test/api/v1/status" });
  assert([400, 403].includes(absolute.status), `${absolute.status}`);
});

Deno.test("trusted_hosts lets in the names that it lists, and only those", async () => {
  await using core = await startCore({
    config: { trusted_hosts: ["proxy.example", ".trusted.example"] },
  });
  const expected: [host: string, status: number][] = [
    ["proxy.example", 200],
    ["a.trusted.example", 200],
    ["evil.test", 403],
    ["notproxy.example", 403],
  ];
  for (const [host, status] of expected) {
    assert.equal((await send(core, [["Host", host]])).status, status, host);
    const { status: withOrigin } = await send(core, [
      ["Host", core.tcp],
      ["Origin", `https://${host}`],
    ]);
    assert.equal(withOrigin, status, `Origin ${host}`);
  }
});

Deno.test("on the private channel, which no browser can reach, any Host does", async () => {
  await using core = await startCore();
  for (const host of ["localhost", "evil.test", "anything"]) {
    const { status } = await sendRaw({ transport: "unix", path: core.socket }, {
      target: "/api/v1/status",
      headers: [["Host", host], ["Origin", "https://evil.test"]],
    });
    assert.equal(status, 200, host);
  }
});
