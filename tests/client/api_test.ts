/** The typed client against the real app: calls, failures, and events over interruptions. */
import assert from "node:assert/strict";
import {
  ApiError,
  type ApiEvent,
  type ApiTransport,
  createApiClient,
} from "../../lib/client/api.ts";
import { readMessages } from "../../lib/client/event_stream.ts";
import { UserError } from "../../lib/errors.ts";
import { createApp } from "../../lib/http/app.ts";
import { API_KEY, type FakeServices, fakeServices } from "../http/fake_services.ts";
import { type TestApp, until, withApp, withServedApp } from "../http/harness.ts";

/** As the private channel does it: no key, and only the path of the URL counts. */
function inProcess({ app }: Pick<TestApp, "app">): ApiTransport {
  return {
    baseUrl: "http://localhost",
    fetch: async (input, init) => await app.fetch(new Request(input, init), { source: "socket" }),
  };
}

function answering(respond: () => Response | Promise<Response>): ApiTransport {
  return { baseUrl: "http://127.0.0.1:8080", fetch: async () => await respond() };
}

Deno.test("the client calls every route", () =>
  withApp(async (app) => {
    const client = createApiClient(inProcess(app));
    assert.equal((await client.status()).upstream_stats.total_servers, 2);
    assert.equal((await client.info()).endpoints.socket, "unix:///tmp/fake/mcpproxy.sock");
    assert.deepEqual(await client.connections(), []);
    assert.deepEqual(
      (await client.config()).mcpServers,
      ["server-0", "server-1"].map((name) => {
        return app.services.config.maskedServer(name);
      }),
    );
    const { servers, stats } = await client.servers();
    assert.deepEqual([servers[0]!.health.level, stats.total_tools], ["healthy", 10]);
    assert.equal((await client.serverTools("server-0"))[0]!.name, "echo");
    assert.deepEqual(await client.serverLogs("server-0", 1), ["server-0 2"]);

    await client.addServer({ name: "a/b ü", command: "npx", env: { A: "1" } });
    await client.patchServer("a/b ü", { url: null, env: { A: null } });
    await client.enableServer("a/b ü");
    await client.disableServer("a/b ü");
    await client.restartServer("a/b ü");
    await client.removeServer("a/b ü");
    assert.deepEqual(app.services.done, [
      "add a/b ü",
      'patch a/b ü {"url":null,"env":{"A":null}}',
      'patch a/b ü {"enabled":true}',
      'patch a/b ü {"enabled":false}',
      "restart a/b ü",
      "remove a/b ü",
    ]);
  }));

Deno.test("a name that a URL would swallow is refused before anything is sent", () =>
  withApp(async (app) => {
    const client = createApiClient(inProcess(app));
    for (const name of ["", ".", ".."]) {
      await assert.rejects(client.removeServer(name), UserError);
    }
    assert.deepEqual(app.services.done, []);
  }));

Deno.test("what the core refuses comes as an error for a person", () =>
  withApp(async (app) => {
    const client = createApiClient(inProcess(app));
    await assert.rejects(client.serverTools("nobody"), (error) => {
      assert.ok(error instanceof ApiError && error instanceof UserError);
      assert.deepEqual([error.status, error.message], [404, 'there is no server named "nobody"']);
      return true;
    });
    await assert.rejects(
      client.addServer({ name: "x" }),
      /either command or url is needed. Give one/,
    );
    app.services.upstreams.restart = () => Promise.reject(new Error("boom"));
    await assert.rejects(client.restartServer("server-0"), (error) => {
      assert.ok(error instanceof ApiError);
      assert.deepEqual([error.status, error.message], [500, "internal error"]);
      assert.match(error.next!, /request [0-9a-f-]{36}/);
      return true;
    });
  }));

Deno.test("no answer, or that of another program, comes as an error for a person", async () => {
  const unreachable = createApiClient(answering(() => Promise.reject(new TypeError("refused"))));
  await assert.rejects(unreachable.status(), (error) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, /127\.0\.0\.1:8080: refused/);
    assert.match(error.next!, /mcpproxy serve/);
    return true;
  });
  const own = new UserError("the socket is not ours");
  const refused = createApiClient(answering(() => Promise.reject(own)));
  await assert.rejects(refused.status(), own);
  for (const body of ["<html>", "{}", "null", '{"success":"yes"}', '{"success":true']) {
    const foreign = createApiClient(answering(() => new Response(body)));
    await assert.rejects(foreign.status(), /is not mcpproxy/, body);
  }
});

Deno.test("over TCP the client brings the key", () =>
  withServedApp("tcp", async ({ baseUrl }) => {
    const good = createApiClient({ baseUrl, fetch, apiKey: API_KEY });
    assert.equal((await good.status()).running, true);
    await assert.rejects(createApiClient({ baseUrl, fetch, apiKey: "wrong" }).status(), /API key/);
    await assert.rejects(createApiClient({ baseUrl, fetch }).status(), /API key/);
  }));

/** Collects events until `enough`, then stops following. */
async function collect(
  transport: ApiTransport,
  enough: (events: ApiEvent[]) => boolean,
  onEvent: (event: ApiEvent) => void = () => {},
): Promise<ApiEvent[]> {
  const abort = new AbortController();
  const events: ApiEvent[] = [];
  for await (const event of createApiClient(transport).followEvents(abort.signal)) {
    events.push(event);
    onEvent(event);
    if (enough(events)) abort.abort();
  }
  return events;
}

const typesOf = (events: ApiEvent[]) => events.map(({ type }) => type);

Deno.test("events are followed over TCP until the signal is aborted", () =>
  withServedApp("tcp", async ({ app, baseUrl, services }) => {
    const events = await collect(
      { baseUrl, fetch, apiKey: API_KEY },
      (events) => events.length === 3,
      ({ type }) => {
        if (type === "status") services.emit({ type: "config.reloaded", ok: true, error: null });
      },
    );
    assert.deepEqual(typesOf(events), ["connected", "status", "config.reloaded"]);
    const left = async () => {
      const response = await app.fetch(new Request("http://x/metrics"), { source: "socket" });
      return (await response.text()).includes("mcpproxy_event_clients 0");
    };
    await until(left);
  }));

Deno.test("go fault 16: an event of any length is read", () =>
  withServedApp("tcp", async ({ baseUrl, services }) => {
    for (let n = 0; n < 2000; n++) {
      services.stored.set(`large-${n}`, { name: `large-${n}`, args: ["x".repeat(500)] });
    }
    const events = await collect(
      { baseUrl, fetch, apiKey: API_KEY },
      (events) => typesOf(events).includes("servers.changed"),
      ({ type }) => {
        if (type === "status") services.change("large-1");
      },
    );
    const last = events.at(-1)!;
    assert.ok(last.type === "servers.changed");
    assert.equal(last.data.payload.servers.length, 2002);
    assert.ok(JSON.stringify(last).length > 1_000_000);
  }));

Deno.test("a connection that is lost is made anew, and what was missed is told", async () => {
  const services: FakeServices = fakeServices();
  const app = createApp(services);
  const asked: (string | null)[] = [];
  let connection = new AbortController();
  const transport: ApiTransport = {
    baseUrl: "http://localhost",
    fetch: async (input, init) => {
      const request = new Request(input, init);
      asked.push(request.headers.get("last-event-id"));
      const response = await app.fetch(request, { source: "socket" });
      connection = new AbortController();
      const cut = new TransformStream<Uint8Array, Uint8Array>();
      void response.body!.pipeTo(cut.writable, { signal: connection.signal }).catch(() => {});
      return new Response(cut.readable, response);
    },
  };
  const events = await collect(
    transport,
    (events) => typesOf(events).filter((type) => type === "config.reloaded").length === 2,
    ({ type }) => {
      if (type === "status" && asked.length === 1) {
        services.emit({ type: "config.reloaded", ok: true, error: null });
      } else if (type === "config.reloaded" && asked.length === 1) {
        connection.abort(new Error("cable pulled"));
      } else if (type === "disconnected") {
        services.emit({ type: "config.reloaded", ok: false, error: "missed" });
      }
    },
  );
  assert.deepEqual(typesOf(events), [
    "connected",
    "status",
    "config.reloaded",
    "disconnected",
    "connected",
    "config.reloaded",
  ]);
  const last = events.at(-1)!;
  assert.ok(last.type === "config.reloaded" && last.data.payload.error === "missed");
  const lost = events[3]!;
  assert.ok(lost.type === "disconnected" && lost.error instanceof UserError);
  assert.equal(asked[0], null);
  assert.match(asked[1]!, /^[0-9a-f]{8}-1$/);
  app.close();
});

Deno.test("a core that is away is tried again; one that refuses for good is not", async () => {
  let tries = 0;
  const refusing = answering(() => {
    tries++;
    if (tries === 1) throw new TypeError("connection refused");
    if (tries === 2) return new Response(null, { status: 503 });
    return Response.json({ success: false, error: "invalid key", request_id: "1" }, {
      status: 401,
    });
  });
  const events: ApiEvent[] = [];
  await assert.rejects(async () => {
    for await (
      const event of createApiClient(refusing).followEvents(new AbortController().signal)
    ) events.push(event);
  }, /invalid key/);
  assert.deepEqual(typesOf(events), ["disconnected", "disconnected"]);
  assert.equal(tries, 3);
});

Deno.test("leaving the loop or aborting early leaves nothing behind", () =>
  withServedApp("tcp", async ({ baseUrl }) => {
    const client = createApiClient({ baseUrl, fetch, apiKey: API_KEY });
    for await (const event of client.followEvents(new AbortController().signal)) {
      if (event.type === "status") break;
    }
    for await (const _ of client.followEvents(AbortSignal.abort())) assert.fail("aborted before");
    const away = createApiClient(answering(() => Promise.reject(new TypeError("away"))));
    const abort = new AbortController();
    for await (const { type } of away.followEvents(abort.signal)) {
      assert.equal(type, "disconnected");
      setTimeout(() => abort.abort(), 10);
    }
  }));

Deno.test("server-sent events are read as the standard says", async () => {
  const text = ": comment\r\nretry: 5\r\nid: 1\r\ndata: a\r\ndata:b\r\n\r\n" +
    "event: x\ndata:  two spaces\nunknown: y\nfieldonly\n\n\n" +
    "event: no data\n\nid: a\0b\ndata\n\nid\ndata: ü€😀\n\ndata: cut off";
  const expected = [
    { event: "message", data: "a\nb", id: "1" },
    { event: "x", data: " two spaces", id: "1" },
    { event: "message", data: "", id: "1" },
    { event: "message", data: "ü€😀", id: "" },
  ];
  const bytes = new TextEncoder().encode(text);
  const { signal } = new AbortController();
  for (const size of [1, 2, 3, 7, 1000]) {
    const chunks = Array.from(
      { length: Math.ceil(bytes.length / size) },
      (_, index) => bytes.slice(index * size, (index + 1) * size),
    );
    const messages = [];
    for await (const message of readMessages(ReadableStream.from(chunks), signal, () => {})) {
      messages.push(message);
    }
    assert.deepEqual(messages, expected, `chunks of ${size}`);
  }
});
