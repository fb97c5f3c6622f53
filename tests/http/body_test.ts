/** What bodies do: good ones, broken ones, hostile ones. */
import assert from "node:assert/strict";
import { UserError } from "../../lib/errors.ts";
import { SECRET } from "./fake_services.ts";
import { dataOf, errorOf, withApp } from "./harness.ts";

const post = (body: string, type = "application/json") => ({
  method: "POST",
  body,
  headers: { "content-type": type },
});

Deno.test("broken JSON is answered with its place, not its content", () =>
  withApp(async ({ ask }) => {
    const cases: [string, RegExp][] = [
      [`{"name": ${SECRET}}`, /not valid JSON: line 1, column 10$/],
      [`{\n  "name": "x",\n  "env": {"A": "${SECRET}",}\n}`, /line 3, column \d+$/],
      ["{", /line 1, column 2$/],
      ['{"a": 1} x', /line 1, column 10$/],
      ["<html>", /line 1, column 1$/],
      ['{"a": 1 /* no */}', /not valid JSON/],
      ["\u0000", /not valid JSON/],
    ];
    for (const [body, expected] of cases) {
      const message = await errorOf(await ask("/api/v1/servers", post(body)), 400);
      assert.match(message, expected, body);
      assert.ok(!message.includes(SECRET));
    }
  }));

Deno.test("wrong fields are named, their values are not repeated", () =>
  withApp(async ({ ask }) => {
    const cases: [unknown, RegExp][] = [
      [{ command: "x" }, /^name: /],
      [{ name: "" }, /^name: /],
      [{ name: 5 }, /^name: /],
      [{ name: "x", env: { TOKEN: { value: SECRET } } }, /^env\.TOKEN: /],
      [{ name: "x", args: ["a", SECRET.length] }, /^args\.1: /],
      [{ name: "x", protocol: SECRET }, /^protocol: /],
      [{ name: "x", enabled: SECRET, url: 1 }, /url: .*enabled: |enabled: .*url: /],
      [[], /expected object/],
      [null, /expected object/],
      [SECRET, /expected object/],
    ];
    for (const [json, expected] of cases) {
      const message = await errorOf(await ask("/api/v1/servers", { method: "POST", json }), 400);
      assert.match(message, expected);
      assert.ok(!message.includes(SECRET), message);
    }
    const patch = { method: "PATCH", json: { enabled: null } };
    assert.match(await errorOf(await ask("/api/v1/servers/server-0", patch), 400), /^enabled: /);
  }));

Deno.test("what the configuration refuses is told with the next step", () =>
  withApp(async ({ ask, services }) => {
    const response = await ask("/api/v1/servers", { method: "POST", json: { name: "x" } });
    const message = await errorOf(response, 400);
    assert.equal(message, "url: either command or url is needed. Give one.");
    services.upstreams.restart = () => Promise.reject(new UserError("it is disabled"));
    const restart = await ask("/api/v1/servers/server-0/restart", { method: "POST" });
    assert.equal(await errorOf(restart, 400), "it is disabled");
  }));

Deno.test("what nobody foresaw is an internal error with a request id and nothing else", () =>
  withApp(async ({ ask, services }) => {
    const fail = () => {
      throw new Error(`cannot read ${SECRET}`, { cause: new Error(SECRET) });
    };
    services.facts = fail;
    services.mcp = () => Promise.reject(new TypeError(SECRET));
    services.upstreams.restart = () => Promise.reject(new Deno.errors.NotFound(SECRET));
    const source = "socket";
    for (
      const response of [
        await ask("/api/v1/status", { source }),
        await ask("/mcp", { source }),
        await ask("/mcp", { source, ...post("{}") }),
        await ask("/api/v1/servers/server-0/restart", { source, method: "POST" }),
      ]
    ) assert.equal(await errorOf(response, 500), "internal error");
  }));

Deno.test("bodies are bounded, whatever their length claims to be", () =>
  withApp(async ({ app, ask }) => {
    const large = JSON.stringify({ name: "x", command: "x".repeat(1024 * 1024) });
    assert.match(await errorOf(await ask("/api/v1/servers", post(large)), 413), /1048576 bytes/);
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(sent++ < 1000 ? 65536 : 0)),
    });
    const request = new Request("http://localhost/api/v1/servers", {
      method: "POST",
      body: endless,
      headers: { "content-type": "application/json" },
    });
    await errorOf(await app.fetch(request, { source: "socket" }), 413);
    assert.ok(sent < 30, `${sent} chunks were read`);
    const fitting = JSON.stringify({ name: "x", command: "x".repeat(1000 * 1000) });
    await dataOf(await ask("/api/v1/servers", post(fitting)));
  }));

Deno.test("a body that breaks off is the client's fault", () =>
  withApp(async ({ app }) => {
    const broken = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error("connection lost")),
    });
    const request = new Request("http://localhost/api/v1/servers", {
      method: "POST",
      body: broken,
    });
    const response = await app.fetch(request, { source: "socket" });
    assert.equal(await errorOf(response, 400), "the body breaks off");
  }));

Deno.test("deep nesting ends early", () =>
  withApp(async ({ ask }) => {
    for (const bracket of ["[", '{"a":']) {
      const body = bracket.repeat(150_000);
      assert.match(await errorOf(await ask("/api/v1/servers", post(body)), 400), /64 levels/);
    }
    const inString = JSON.stringify({ name: "x", command: '[{"\\'.repeat(1000) });
    await dataOf(await ask("/api/v1/servers", post(inString)));
  }));

Deno.test("__proto__ in a body reaches nothing", () =>
  withApp(async ({ ask, services }) => {
    const body =
      '{"name":"x","command":"c","__proto__":{"polluted":1},"constructor":{"prototype":1},' +
      '"env":{"__proto__":"y","A":"1"}}';
    await dataOf(await ask("/api/v1/servers", post(body)));
    const stored = services.stored.get("x")!;
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
    assert.equal(stored.polluted, undefined);
    assert.equal(Object.getPrototypeOf(stored), Object.prototype);
    assert.deepEqual(Object.keys(stored.env as object), ["A"]);
  }));

Deno.test("a body of another type is refused, an absent one where one is needed too", () =>
  withApp(async ({ ask, services }) => {
    const types = [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data",
      "x",
      "",
    ];
    for (const type of types) {
      const response = await ask("/api/v1/servers", post('{"name":"x","command":"c"}', type));
      assert.match(await errorOf(response, 415), /application\/json/, type);
    }
    assert.match(await errorOf(await ask("/api/v1/servers", post("")), 400), /must be JSON/);
    const empty = await ask("/api/v1/servers", { method: "POST" });
    assert.match(await errorOf(empty, 400), /^name: /);
    assert.deepEqual(services.done, []);
    const charset = post('{"name":"x","command":"c"}', "application/json; charset=utf-8");
    await dataOf(await ask("/api/v1/servers", charset));
    const ignored = await ask("/api/v1/servers/server-0/enable", {
      method: "POST",
      json: { a: 1 },
    });
    await dataOf(ignored);
  }));
