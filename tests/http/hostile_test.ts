/** Raw HTTP over real listeners: what no well-behaved client sends gets an answer, and the server goes on. */
import assert from "node:assert/strict";
import { API_KEY, SECRET } from "./fake_services.ts";
import { sendRaw, type ServedApp, withServedApp } from "./harness.ts";

/** Sends lines and returns the status of the answer. */
async function statusOf(app: ServedApp, lines: string[], body = ""): Promise<number> {
  const text = [...lines, "Connection: close", "", body].join("\r\n");
  const received = await sendRaw(await app.connect(), text, isComplete);
  assert.ok(!received.includes(SECRET) && !received.includes(API_KEY));
  assert.ok(!/\bat \S+:\d+:\d+/.test(received), "a stack trace");
  return Number(/^HTTP\/1\.[01] (\d{3}) /.exec(received)?.[1]);
}

/** Not the end of the connection: Deno.serve keeps one open whose body it still expects, and events never end. */
function isComplete(received: string): boolean {
  const [head = "", body] = received.split("\r\n\r\n");
  if (body === undefined) return false;
  const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
  return new TextEncoder().encode(body).length >= length;
}

async function isAlive(app: ServedApp): Promise<void> {
  assert.equal(await statusOf(app, ["GET /healthz HTTP/1.1", `Host: ${app.host}`]), 200);
}

Deno.test("over TCP the Host header must be there, once, and name us", () =>
  withServedApp("tcp", async (app) => {
    const get = (...lines: string[]) => statusOf(app, ["GET /healthz HTTP/1.1", ...lines]);
    assert.equal(await get(`Host: ${app.host}`), 200);
    assert.equal(await get(), 400);
    assert.equal(await statusOf(app, ["GET /healthz HTTP/1.0"]), 400);
    assert.equal(await get(`Host: ${app.host}`, `Host: ${app.host}`), 400);
    assert.equal(await get(`Host: ${app.host}`, "Host: evil.example"), 400);
    assert.equal(await get("Host: evil.example"), 403);
    assert.equal(await get("Host:"), 400);
    assert.equal(await get("Host: localhost/healthz?"), 400);
    assert.equal(await get(`Host: user@${app.host}`), 400);
    await isAlive(app);
  }));

Deno.test("an absolute target must name the same host as the header", () =>
  withServedApp("tcp", async (app) => {
    const get = (target: string) => statusOf(app, [`GET ${target} HTTP/1.1`, `Host: ${app.host}`]);
    assert.equal(await get(`http://${app.host}/healthz`), 200);
    assert.equal(await get("http://evil.example/healthz"), 403);
    assert.equal(await get(`http://evil.example@${app.host}/healthz`), 403);
    assert.equal(await statusOf(app, [`CONNECT ${app.host} HTTP/1.1`, `Host: ${app.host}`]), 401);
    assert.equal(await statusOf(app, ["OPTIONS * HTTP/1.1", `Host: ${app.host}`]), 401);
    await isAlive(app);
  }));

for (const source of ["tcp", "socket"] as const) {
  Deno.test(`odd requests get an answer (${source})`, () =>
    withServedApp(source, async (app) => {
      const known = [`Host: ${app.host}`, `X-API-Key: ${API_KEY}`];
      const get = (target: string, ...lines: string[]) =>
        statusOf(app, [`GET ${target} HTTP/1.1`, ...known, ...lines]);
      assert.equal(await get("/api/v1/status"), 200);
      assert.equal(await get("/api/v1/servers/..%2fconfig/tools"), 404);
      assert.equal(await get("/api/v1/servers/../config"), 404);
      assert.equal(await get("/api/v1/servers/%ff%00/tools"), 404);
      assert.equal(await get("/api/v1/servers/\xc3\xa9/tools"), 404);
      assert.equal(await get("/%"), 404);
      assert.equal(await get(`/${"a".repeat(30_000)}`), 404);
      assert.equal(await get("/api/v1/status?" + "a=b&".repeat(5000)), 200);
      assert.equal(await get("/api/v1/status", `X-Long: ${"a".repeat(20_000)}`), 200);
      assert.equal(await get("/api/v1/status", "X-Odd: \x80\xff\t"), 200);
      assert.equal(await get("/events", "Last-Event-ID: \xff"), 200);
      const many = Array.from({ length: 60 }, (_, index) => `X-${index}: a`);
      assert.equal(await get("/api/v1/status", ...many), 200);
      // Beyond what the server takes: refused before our code, but answered.
      const tooMany = Array.from({ length: 500 }, (_, index) => `X-${index}: a`);
      assert.equal(await get("/api/v1/status", ...tooMany), 400);
      assert.equal(await get("/api/v1/status", `X-Long: ${"a".repeat(1_000_000)}`), 400);
      assert.equal(await get("/\x00"), 400);
      assert.equal(await get("/\xe9"), 400);
      for (const method of ["TRACE", "BREW", "get", "PROPFIND"]) {
        const lines = [`${method} /api/v1/status HTTP/1.1`, ...known];
        assert.equal(await statusOf(app, lines), 405, method);
      }
      await isAlive(app);
    }));

  Deno.test(`odd bodies get an answer (${source})`, () =>
    withServedApp(source, async (app) => {
      const post = (body: string, ...lines: string[]) =>
        statusOf(app, [
          "POST /api/v1/servers HTTP/1.1",
          `Host: ${app.host}`,
          `X-API-Key: ${API_KEY}`,
          "Content-Type: application/json",
          ...lines,
        ], body);
      const good = '{"name":"x","command":"c"}';
      assert.equal(await post(good, `Content-Length: ${good.length}`), 200);
      assert.equal(await post(`3\r\n{"a\r\n0\r\n\r\n`, "Transfer-Encoding: chunked"), 400);
      // Deno.serve closes the connection without an answer.
      assert.equal(await post("zz\r\n", "Transfer-Encoding: chunked"), NaN);
      assert.equal(await post("{}", "Content-Length: 2", "Transfer-Encoding: chunked"), 400);
      assert.equal(await post("{}", "Content-Length: 2", "Content-Length: 3"), 400);
      assert.equal(await post("{}", "Content-Length: -2"), 400);
      assert.equal(await post("", "Content-Length: 99999999999"), 413);
      assert.equal(await post("\xff\xfe", "Content-Length: 2"), 400);
      await isAlive(app);
    }));

  Deno.test(`clients that hang up in the middle harm nobody (${source})`, () =>
    withServedApp(source, async (app) => {
      const beginnings = [
        "GET",
        `GET /api/v1/status HTTP/1.1\r\nHost: ${app.host}\r\n`,
        `POST /api/v1/servers HTTP/1.1\r\nHost: ${app.host}\r\nX-API-Key: ${API_KEY}\r\n` +
        "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
      ];
      for (const beginning of beginnings) {
        const connection = await app.connect();
        await connection.write(new TextEncoder().encode(beginning));
        connection.close();
      }
      await isAlive(app);
    }));
}
