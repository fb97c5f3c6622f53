/** Whatever is sent: never a 500, never a stack trace, never a secret, always an id. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { createApp } from "../../lib/http/app.ts";
import { parseHost } from "../../lib/http/hosts.ts";
import { API_KEY, fakeServices, SECRET } from "./fake_services.ts";

const runs = { numRuns: 300 };

const method = fc.constantFrom("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY");
const source = fc.constantFrom("tcp" as const, "socket" as const);
const segment = fc.oneof(
  fc.constantFrom(
    "api",
    "v1",
    "servers",
    "server-0",
    "enable",
    "tools",
    "logs",
    "mcp",
    "..",
    "%2f",
    "%",
  ),
  fc.string(),
  fc.webSegment(),
);
const path = fc.oneof(
  fc.array(segment, { maxLength: 7 }).map((segments) => `/${segments.join("/")}`),
  segment.map((name) => `/api/v1/servers/${name}/tools`),
  segment.map((query) => `/api/v1/servers/server-0/logs?tail=${query}`),
  fc.constantFrom("/api/v1/servers", "/api/v1/servers/server-0", "/metrics", "/healthz", "/mcp"),
);
/** Latin-1 without the characters that no header can hold. */
const headerValue = fc.oneof(
  fc.constantFrom(
    "application/json",
    "text/plain",
    "null",
    "http://127.0.0.1:8080",
    `Bearer x`,
    "gzip",
  ),
  fc.array(fc.integer({ min: 0x20, max: 0xff }).filter((code) => code !== 0x7f))
    .map((codes) => String.fromCharCode(...codes).trim()),
);
const headerName = fc.oneof(
  fc.constantFrom(
    "host",
    "origin",
    "content-type",
    "content-length",
    "authorization",
    "x-api-key",
    "x-request-id",
    "last-event-id",
    "sec-fetch-site",
    "accept",
    "cookie",
  ),
  fc.stringMatching(/^[a-z0-9!#$%&'*+.^_`|~-]{1,20}$/),
);
const headers = fc.dictionary(headerName, headerValue, { maxKeys: 6, noNullPrototype: true });
const body = fc.oneof(
  fc.json(),
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.record({
    name: fc.jsonValue(),
    env: fc.jsonValue(),
    url: fc.jsonValue(),
    command: fc.string(),
  })
    .map((server) => JSON.stringify(server)),
);

/** Answers a request and checks what holds for each. */
async function check(
  app: ReturnType<typeof createApp>,
  url: string,
  init: RequestInit,
  from: "tcp" | "socket",
): Promise<void> {
  let request: Request;
  try {
    request = new Request(url, init);
  } catch {
    return; // not a request that could be sent at all
  }
  const response = await app.fetch(request, { source: from });
  assert.ok(response.status < 500 || response.status === 503, `${response.status}`);
  const id = response.headers.get("x-request-id");
  // On the private channel an id that nobody asked for is told with an error alone.
  if (id !== null || from === "tcp" || response.status >= 400) {
    assert.match(id!, /^[a-zA-Z0-9_-]{1,256}$/);
  }
  // For browsers, which cannot reach the private channel.
  const nosniff = from === "tcp" ? "nosniff" : null;
  assert.equal(response.headers.get("x-content-type-options"), nosniff);
  if (response.headers.get("content-type")?.startsWith("text/event-stream")) {
    await response.body?.cancel();
    return;
  }
  const text = await response.text();
  const everything = JSON.stringify([...response.headers]) + text;
  assert.ok(!everything.includes(API_KEY) && !everything.includes(SECRET), "a secret");
  assert.doesNotMatch(text, /\.ts:\d+|node_modules|\n\s+at /, "a stack trace");
  if (response.status >= 400 && request.method !== "HEAD") {
    assert.equal(JSON.parse(text).success, false);
  }
}

Deno.test("fuzz: methods, paths, headers and bodies", async () => {
  const services = fakeServices();
  const app = createApp(services);
  await fc.assert(
    fc.asyncProperty(
      source,
      method,
      path,
      headers,
      body,
      async (from, method, path, extra, body) => {
        const all = { host: "127.0.0.1:8080", "x-api-key": API_KEY, ...extra };
        const hasBody = method !== "GET" && method !== "HEAD";
        const init = { method, headers: all, body: hasBody ? body : null };
        await check(app, `http://127.0.0.1:8080${path}`, init, from);
      },
    ),
    runs,
  );
  app.close();
});

Deno.test("fuzz: JSON bodies to the routes that take one", async () => {
  const services = fakeServices();
  const app = createApp(services);
  const route = fc.constantFrom(["POST", "/api/v1/servers"], ["PATCH", "/api/v1/servers/server-0"]);
  await fc.assert(
    fc.asyncProperty(route, body, async ([method, path], body) => {
      const headers = { "content-type": "application/json" };
      await check(app, `http://localhost${path}`, { method: method!, headers, body }, "socket");
    }),
    runs,
  );
  assert.equal(Object.keys(Object.prototype).length, 0);
  app.close();
});

Deno.test("fuzz: without the key nothing but the probes ever answers 200", async () => {
  const services = fakeServices();
  const app = createApp(services);
  await fc.assert(
    fc.asyncProperty(method, path, headers, async (method, path, extra) => {
      const headers = { ...extra, host: "127.0.0.1:8080" };
      const url = `http://127.0.0.1:8080${path}`;
      let request: Request;
      try {
        request = new Request(url, { method, headers });
      } catch {
        return;
      }
      const response = await app.fetch(request, { source: "tcp" });
      await response.body?.cancel();
      const isProbe = /^\/(healthz|livez|health|readyz|ready)$/.test(new URL(request.url).pathname);
      if (!isProbe) assert.ok([400, 401, 403].includes(response.status), `${response.status}`);
    }),
    runs,
  );
  assert.deepEqual(services.done, []);
  app.close();
});

Deno.test("fuzz: a Host that is taken is exactly one of ours", async () => {
  const app = createApp(fakeServices());
  const host = fc.oneof(
    headerValue,
    fc.domain(),
    fc.ipV4(),
    fc.ipV6().map((address) => `[${address}]`),
    fc.tuple(fc.constantFrom("localhost", "127.0.0.1", "[::1]"), fc.string({ maxLength: 4 }))
      .map(([name, rest]) => name + rest),
  );
  await fc.assert(
    fc.asyncProperty(host, async (host) => {
      let request: Request;
      try {
        request = new Request("http://x/healthz", { headers: { host } });
        const url = `http://${request.headers.get("host")}/healthz`;
        Object.defineProperty(request, "url", { value: url });
      } catch {
        return;
      }
      const { status } = await app.fetch(request, { source: "tcp" });
      const sent = request.headers.get("host")!;
      const isOurs = /^(localhost\.?|127(\.\d{1,3}){3}\.?|\[::1\])(:\d{1,5})?$/i.test(sent);
      assert.equal(status, isOurs ? 200 : parseHost(sent) === undefined ? 400 : 403, sent);
    }),
    runs,
  );
  app.close();
});
