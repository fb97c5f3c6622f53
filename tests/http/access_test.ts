/** Who gets in: Host, Origin, API key, private channel. */
import assert from "node:assert/strict";
import { isTrustedHost, parseHost } from "../../lib/http/hosts.ts";
import { API_KEY } from "./fake_services.ts";
import { dataOf, errorOf, withApp } from "./harness.ts";

const ROUTES = [
  "/api/v1/status",
  "/api/v1/info",
  "/api/v1/config",
  "/api/v1/servers",
  "/api/v1/connections",
  "/api/v1/openapi.json",
  "/events",
  "/metrics",
  "/mcp",
  "/mcp/all",
  "/mcp/call",
  "/nothing",
];

Deno.test("over TCP everything but the probes needs the key", () =>
  withApp(async ({ ask }) => {
    for (const path of ROUTES) {
      for (const method of ["GET", "POST", "OPTIONS", "HEAD"]) {
        const response = await ask(path, { method, key: "" });
        assert.equal(response.status, 401, `${method} ${path}`);
        assert.equal(response.headers.get("www-authenticate"), "Bearer");
        if (method !== "HEAD") assert.match(await errorOf(response, 401), /X-API-Key/);
      }
    }
    for (const path of ["/healthz", "/livez", "/health", "/readyz", "/ready"]) {
      assert.equal((await ask(path, { key: "" })).status, 200);
      assert.equal((await ask(path, { key: "", method: "POST" })).status, 401);
    }
    assert.equal((await ask("/healthz/", { key: "" })).status, 401);
    assert.equal((await ask("/healthz%2f..%2fmetrics", { key: "" })).status, 401);
  }));

Deno.test("the key is taken from X-API-Key, then Bearer, then the query of a GET", () =>
  withApp(async ({ ask }) => {
    const statusOf = async (headers: Record<string, string>, query = "", method = "GET") =>
      (await ask(`/api/v1/servers${query}`, { key: "", method, headers })).status;
    const good = { "x-api-key": API_KEY };
    const bearer = { authorization: `Bearer ${API_KEY}` };
    const query = `?apikey=${API_KEY}`;
    assert.equal(await statusOf(good), 200);
    assert.equal(await statusOf(bearer), 200);
    assert.equal(await statusOf({ authorization: `bearer  ${API_KEY}` }), 200);
    assert.equal(await statusOf({}, query), 200);
    assert.equal(await statusOf({}, query, "POST"), 401);
    // The first that is there counts.
    assert.equal(await statusOf({ "x-api-key": "wrong", ...bearer }, query), 401);
    assert.equal(await statusOf({ ...good, authorization: "Bearer wrong" }, "?apikey=wrong"), 200);
    assert.equal(await statusOf({ "x-api-key": "", ...bearer }), 200);
    assert.equal(await statusOf({ authorization: "Bearer wrong" }, query), 401);
    for (const authorization of [`Basic ${API_KEY}`, API_KEY, "Bearer", "Bearer "]) {
      assert.equal(await statusOf({ authorization }), 401, authorization);
    }
    const almost = [API_KEY.slice(0, -1), `${API_KEY}0`, API_KEY.toUpperCase(), `${API_KEY}, x`];
    for (const key of almost) assert.equal(await statusOf({ "x-api-key": key }), 401, key);
  }));

Deno.test("an empty key in the configuration opens nothing", () =>
  withApp(async ({ ask, services }) => {
    services.settings.access.apiKey = "";
    for (const headers of [{}, { "x-api-key": "" }, { authorization: "Bearer " }]) {
      const response = await ask("/api/v1/status?apikey=", { key: "", headers });
      assert.match(await errorOf(response, 401), /no API key is configured/);
    }
    assert.equal((await ask("/api/v1/status", { source: "socket" })).status, 200);
  }));

Deno.test("a new key counts from the next request on", () =>
  withApp(async ({ ask, services }) => {
    assert.equal((await ask("/api/v1/status")).status, 200);
    services.settings.access.apiKey = "another";
    assert.equal((await ask("/api/v1/status")).status, 401);
    assert.equal((await ask("/api/v1/status", { key: "another" })).status, 200);
  }));

Deno.test("only the MCP paths are open if the config says so", () =>
  withApp(async ({ ask, services }) => {
    services.settings.access.mcpNeedsKey = false;
    for (const path of ROUTES) {
      const expected = path.startsWith("/mcp") ? 200 : 401;
      assert.equal((await ask(path, { key: "" })).status, expected, path);
    }
    assert.equal((await ask("/mcp/other", { key: "" })).status, 401);
    assert.equal((await ask("/mcp", { key: "", host: "evil.example" })).status, 403);
  }));

Deno.test("go fault 11: no header makes a TCP request one of the private channel", () =>
  withApp(async ({ ask }) => {
    const claims = [
      "x-source",
      "x-connection-source",
      "x-mcpproxy-source",
      "x-mcpproxy-session",
      "x-mcpproxy-client",
      "x-forwarded-for",
      "forwarded",
      "x-real-ip",
    ];
    for (const header of claims) {
      for (const value of ["socket", "tray", "unix", "127.0.0.1", "tray/1.0"]) {
        const response = await ask("/api/v1/status", { key: "", headers: { [header]: value } });
        assert.equal(response.status, 401, `${header}: ${value}`);
      }
    }
  }));

Deno.test("on the private channel neither key nor Host nor Origin matters", () =>
  withApp(async ({ ask }) => {
    for (const headers of [{}, { "x-api-key": "wrong" }, { origin: "http://evil.example" }]) {
      for (const host of ["localhost", "evil.example"]) {
        const response = await ask("/api/v1/status", { source: "socket", host, headers });
        assert.equal(response.status, 200);
      }
    }
  }));

Deno.test("no Host check for REST: a name that is not ours is refused on every route", () =>
  withApp(async ({ ask }) => {
    for (const path of ["/healthz", "/readyz", ...ROUTES]) {
      const response = await ask(path, { host: "evil.example:8080" });
      assert.match(await errorOf(response, 403), /evil\.example.*trusted_hosts/, path);
    }
  }));

Deno.test("Host must be this machine, the bound address or trusted", () =>
  withApp(async ({ ask, services }) => {
    const statusOf = async (host: string) => (await ask("/healthz", { host })).status;
    const ours = [
      "localhost",
      "LOCALHOST:8080",
      "localhost.",
      "127.0.0.1:8080",
      "127.1.2.3",
      "[::1]:1",
    ];
    for (const host of ours) assert.equal(await statusOf(host), 200, host);
    const others = [
      "evil.example",
      "localhost.evil.example",
      "evil.localhost",
      "127.0.0.1.evil.example",
      "0.0.0.0:8080",
      "192.168.1.5:8080",
      "[::ffff:127.0.0.1]",
    ];
    for (const host of others) assert.equal(await statusOf(host), 403, host);

    services.settings.facts.listen_addr = "192.168.1.5:8080";
    assert.equal(await statusOf("192.168.1.5:8080"), 200);
    assert.equal(await statusOf("192.168.1.6:8080"), 403);

    services.settings.access.trustedHosts = ["evil.example"];
    assert.equal(await statusOf("Evil.Example:99"), 200);
  }));

Deno.test("a malformed or missing Host is refused", () =>
  withApp(async ({ app }) => {
    const missing = await app.fetch(new Request("http://localhost/healthz"), { source: "tcp" });
    assert.match(await errorOf(missing, 400), /Host/);
    for (
      const host of [
        "localhost/healthz?",
        "user@localhost",
        "a b",
        "localhost, evil.example",
        "localhost, evil.example",
        "localhost:",
        "localhost:x",
        "[::1",
      ]
    ) {
      const request = new Request("http://localhost/healthz", { headers: { host } });
      const response = await app.fetch(request, { source: "tcp" });
      assert.match(await errorOf(response, 400), /Host/, host);
    }
    // As with `GET http://evil.example/ HTTP/1.1` and a good Host beside it.
    const request = new Request("http://evil.example/healthz", { headers: { host: "localhost" } });
    assert.equal((await app.fetch(request, { source: "tcp" })).status, 403);
  }));

Deno.test("trusted hosts: exact, with port, suffix, all", () => {
  const isTrusted = (host: string, ...trusted: string[]) =>
    isTrustedHost(parseHost(host)!, trusted);
  assert.ok(isTrusted("a.example:1", "A.Example"));
  assert.ok(!isTrusted("b.a.example", "a.example"));
  assert.ok(isTrusted("a.example:1", "a.example:1"));
  assert.ok(!isTrusted("a.example:2", "a.example:1"));
  assert.ok(!isTrusted("a.example", "a.example:1"));
  assert.ok(isTrusted("a.example", ".example"));
  assert.ok(isTrusted("example", ".example"));
  assert.ok(!isTrusted("notexample", ".example"));
  assert.ok(isTrusted("anything", "x", " * "));
  assert.ok(isTrusted("[fe80::1]:8080", "[fe80::1]"));
  assert.ok(!isTrusted("a.example", "", " ", "a.*", "http://a.example"));
});

Deno.test("Origin must be our own or trusted; another port of localhost is not", () =>
  withApp(async ({ ask, services }) => {
    const statusOf = async (origin: string, host = "127.0.0.1:8080") =>
      (await ask("/api/v1/status", { host, headers: { origin } })).status;
    assert.equal(await statusOf("http://127.0.0.1:8080"), 200);
    assert.equal(await statusOf("http://localhost:8080", "localhost:8080"), 200);
    const others = [
      "null",
      "",
      "http://localhost:3000",
      "http://127.0.0.1:3000",
      "http://127.0.0.1",
      "http://localhost:8080",
      "https://127.0.0.1:8080",
      "http://evil.example",
      "http://127.0.0.1:8080.evil.example",
      "http://evil.example/127.0.0.1:8080",
      "http://127.0.0.1:8080/",
      "http://127.0.0.1:8080, http://127.0.0.1:8080",
      "file://",
      "chrome-extension://abcdefgh",
      "ws://127.0.0.1:8080",
    ];
    for (const origin of others) assert.equal(await statusOf(origin), 403, origin);
    services.settings.access.trustedHosts = ["app.example", "localhost:3000"];
    assert.equal(await statusOf("https://app.example:444"), 200);
    assert.equal(await statusOf("http://localhost:3000"), 200);
    assert.equal(await statusOf("http://localhost:3001"), 403);
    services.settings.access.trustedHosts = ["*"];
    assert.equal(await statusOf("http://evil.example"), 200);
    assert.equal(await statusOf("null"), 403);
  }));

Deno.test("CORS *: no page of others can read an answer, and a preflight is refused", () =>
  withApp(async ({ ask }) => {
    const preflight = await ask("/api/v1/servers", {
      method: "OPTIONS",
      key: "",
      headers: { origin: "http://localhost:3000", "access-control-request-method": "POST" },
    });
    assert.equal(preflight.status, 403);
    const own = await ask("/api/v1/servers", { headers: { origin: "http://127.0.0.1:8080" } });
    for (const { headers } of [preflight, own]) {
      for (const [name] of headers) assert.ok(!name.startsWith("access-control-"), name);
    }
  }));

Deno.test("requests that a browser calls cross-site are refused, but for links", () =>
  withApp(async ({ ask }) => {
    const statusOf = async (site: string, destination: string) => {
      const headers = { "sec-fetch-site": site, "sec-fetch-dest": destination };
      return (await ask("/healthz", { headers })).status;
    };
    for (const site of ["same-origin", "none"]) assert.equal(await statusOf(site, "image"), 200);
    for (const site of ["cross-site", "same-site", "whatever"]) {
      for (const destination of ["image", "empty", "iframe", "script"]) {
        assert.equal(await statusOf(site, destination), 403, `${site} ${destination}`);
      }
      assert.equal(await statusOf(site, "document"), 200);
    }
  }));

Deno.test("plain == key compare: wrong keys take the same time wherever they differ", async () => {
  const source = await Deno.readTextFile(
    new URL("../../lib/http/middleware/authentication.ts", import.meta.url),
  );
  // Timing cannot be tested on a noisy machine; that the comparison is the constant-time one can.
  assert.match(source, /equalsSecret\(presented, apiKey\)/);
  assert.doesNotMatch(source, /presented\s*[!=]==?|[!=]==?\s*presented/);
});

Deno.test("a refused request changes nothing", () =>
  withApp(async ({ ask, services }) => {
    const asks = [
      { key: "wrong" },
      { host: "evil.example" },
      { headers: { origin: "http://localhost:3000" } },
    ];
    for (const refused of asks) {
      await ask("/api/v1/servers/server-0", { method: "DELETE", ...refused });
      await ask("/api/v1/servers/server-0/disable", { method: "POST", ...refused });
    }
    assert.deepEqual(services.done, []);
    assert.equal((await dataOf(await ask("/api/v1/servers"))).servers.length, 2);
  }));
