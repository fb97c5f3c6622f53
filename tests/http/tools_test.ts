/** The routes that find and call tools, and the one that ends the core. */
import assert from "node:assert/strict";
import { createApiClient } from "../../lib/client/api.ts";
import { fakeStatus } from "./fake_services.ts";
import { dataOf, errorOf, until, withApp, withServedApp } from "./harness.ts";

const call = "/api/v1/tools/call";

Deno.test("tools of all servers are listed, and found by words", () =>
  withApp(async ({ ask }) => {
    const { tools, count } = await dataOf(await ask("/api/v1/tools"));
    assert.equal(count, 2);
    assert.deepEqual(tools.map((tool: { server_name: string }) => tool.server_name), [
      "server-0",
      "server-1",
    ]);
    const found = await dataOf(await ask("/api/v1/index/search?q=echo&limit=1"));
    assert.deepEqual([found.query, found.total, found.results.length], ["echo", 1, 1]);
    assert.equal(found.results[0].tool.name, "echo");
    assert.match(found.took, /^[0-9]+ms$/);
    for (const query of ["", "?q=", "?q=%20", "?q=a&limit=0", "?q=a&limit=101"]) {
      await errorOf(await ask(`/api/v1/index/search${query}`), 400);
    }
  }));

Deno.test("a call passes arguments and result on, as JSON or as events", () =>
  withApp(async ({ ask, app, services }) => {
    const json = { tool_name: "server-0:echo", arguments: { text: "ü" } };
    const response = await ask(call, { method: "POST", json });
    assert.equal(response.headers.get("content-type"), "application/json");
    const { content } = await dataOf(response);
    assert.deepEqual(JSON.parse(content[0].text), {
      server: "server-0",
      tool: "echo",
      args: { text: "ü" },
    });

    services.settings.call = (_server, _tool, _args, { onprogress }) => {
      onprogress?.({ progress: 1, total: 2, message: "half" });
      return Promise.resolve({ content: [], isError: true });
    };
    const client = createApiClient({
      baseUrl: "http://localhost",
      fetch: async (input, init) => await app.fetch(new Request(input, init), { source: "socket" }),
    });
    const progress: unknown[] = [];
    const result = await client.callTool("server-0:echo", {}, {
      onProgress: (step) => void progress.push(step),
    });
    assert.deepEqual(result, { content: [], isError: true });
    assert.deepEqual(progress, [{ progress: 1, total: 2, message: "half" }]);
  }));

Deno.test("an error that the server answers by its protocol becomes a result", () =>
  withApp(async ({ ask, services }) => {
    services.settings.call = () =>
      Promise.reject(Object.assign(new Error("Invalid params: text"), { code: -32602 }));
    const result = await dataOf(
      await ask(call, { method: "POST", json: { tool_name: "server-0:echo" } }),
    );
    assert.equal(result.isError, true);
    assert.match(result.content[0].text, /-32602: Invalid params: text/);
  }));

Deno.test("a tool that is not there, or whose server is not ready, is refused at once with what to do", () =>
  withApp(async ({ ask, services }) => {
    const tools = services.upstreams.tools;
    services.upstreams.tools = (name) =>
      services.statuses.get(name)?.state === "ready" ? tools(name) : [];
    const refusal = async (tool_name: string, status: number) =>
      await errorOf(await ask(call, { method: "POST", json: { tool_name } }), status);
    assert.match(await refusal("server-0:ecko", 404), /Did you mean server-0:echo/);
    assert.match(await refusal("echo", 404), /no tool "echo"/);
    assert.match(await refusal("zzz:qqq", 404), /mcpproxy tools list/);

    const expected = {
      disabled: /mcpproxy upstream enable server-0/,
      connecting: /Try again/,
      error: /it broke\. See its log: mcpproxy upstream logs server-0/,
    };
    for (const [state, what] of Object.entries(expected)) {
      services.statuses.set("server-0", {
        ...fakeStatus("server-0"),
        state: state as keyof typeof expected,
        last_error: "it broke",
      });
      assert.match(await refusal("server-0:echo", 409), what);
    }
    for (const args of [[], "text", 5, null]) {
      const json = { tool_name: "server-1:echo", arguments: args };
      assert.match(await errorOf(await ask(call, { method: "POST", json }), 400), /^arguments: /);
    }
    await errorOf(await ask(call, { method: "POST", json: {} }), 400);
  }));

for (const source of ["tcp", "socket"] as const) {
  for (const accept of ["application/json", "text/event-stream"]) {
    Deno.test(`a call is cancelled when its client goes: ${source}, ${accept}`, () =>
      withServedApp(source, async ({ services, connect, host }) => {
        const cancelled = Promise.withResolvers<void>();
        services.settings.call = (_server, _tool, _args, { signal }) => {
          signal.addEventListener("abort", () => cancelled.resolve());
          return new Promise(() => {});
        };
        // More than a kilobyte: the end of a client that sent that much is not reported before there is a response.
        const body = JSON.stringify({
          tool_name: "server-0:echo",
          arguments: { text: "x".repeat(5000) },
        });
        const connection = await connect();
        const head = `POST ${call} HTTP/1.1\r\nHost: ${host}\r\n` +
          `X-API-Key: ${services.settings.access.apiKey}\r\nAccept: ${accept}\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
        await connection.write(new TextEncoder().encode(head + body));
        assert((await connection.read(new Uint8Array(1024)) ?? 0) > 0);
        connection.close();
        await cancelled.promise;
      }));
  }
}

Deno.test("a log is followed: its last lines, then each as it comes, and what was missed", () =>
  withApp(async ({ app, services }) => {
    const client = createApiClient({
      baseUrl: "http://localhost",
      fetch: async (input, init) => await app.fetch(new Request(input, init), { source: "socket" }),
    });
    const stop = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      for await (const event of client.followServerLogs("server-0", 2, stop.signal)) {
        seen.push(event.type === "line" ? event.data.line : event.type);
      }
    })();
    await until(() => seen.length === 3);
    services.log("server-0", "new");
    services.log("server-1", "another's");
    await until(() => seen.includes("new"));
    assert.deepEqual(seen, ["connected", "server-0 1", "server-0 2", "new"]);
    // It goes, and comes again: the client is sent away, and told 404 when it looks again.
    services.stored.delete("server-0");
    services.remove("server-0");
    await assert.rejects(following, /no server named "server-0"/);
    assert.deepEqual(seen.slice(4), ["disconnected"]);
    stop.abort();
  }));

Deno.test("a follower of a log that comes back gets what it missed, and no line twice", () =>
  withApp(async ({ ask, services }) => {
    const path = "/api/v1/servers/server-0/logs?follow=true&tail=1";
    const first = (await ask(path)).body!.getReader();
    const text = async (reader: ReadableStreamDefaultReader<Uint8Array>) =>
      new TextDecoder().decode((await reader.read()).value);
    await text(first); // the comment
    const id = /^id: (.+)$/m.exec(await text(first))![1]!;
    await first.cancel();
    services.log("server-0", "missed");
    const again = await ask(path, { headers: { "last-event-id": id } });
    const second = again.body!.getReader();
    await text(second);
    assert.match(await text(second), /"missed"/);
    await second.cancel();
    // Of a core that is no more: everything that this one has.
    const other = await ask(path, { headers: { "last-event-id": "00000000-7" } });
    const third = other.body!.getReader();
    await text(third);
    const lines = [];
    for (let n = 0; n < 3; n++) lines.push(await text(third));
    assert.deepEqual(lines.map((line) => /"line":"(.*)"/.exec(line)?.[1]), [
      "server-0 0",
      "server-0 1",
      "server-0 2",
    ]);
    await third.cancel();
  }));

Deno.test("the core is asked to end, and says which process that is", () =>
  withApp(async ({ ask, services }) => {
    const data = await dataOf(
      await ask("/api/v1/shutdown", {
        method: "POST",
        headers: { "x-mcpproxy-client": "x; pid=1" },
      }),
    );
    assert.deepEqual(data, { pid: 4321, version: "1.2.3", data_dir: "/tmp/fake" });
    assert.deepEqual(services.done, ["stop by tcp null"], "a claim that nothing bears out");
  }));
