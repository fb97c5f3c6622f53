import assert from "node:assert/strict";
import { FakeUpstreams, tool } from "./fake_upstreams.ts";
import { eras, until, withEndpoint } from "./harness.ts";
import { type Message, messages, modernRequest, openSession } from "./raw.ts";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

for (const era of eras) {
  for (const path of ["/mcp", "/mcp/all"]) {
    Deno.test(`tools/list_changed reaches the official client at ${path} (${era})`, async () => {
      const upstreams = new FakeUpstreams({ a: { tools: [tool("one")] } });
      await withEndpoint(upstreams, async (served) => {
        let changes = 0;
        const client = new Client({ name: "test", version: "1" }, {
          versionNegotiation: { mode: era === "legacy" ? "legacy" : "auto" },
          listChanged: {
            tools: { autoRefresh: false, debounceMs: 0, onChanged: () => void changes++ },
          },
        });
        const transport = new StreamableHTTPClientTransport(new URL(served.origin + path), {
          fetch: served.fetch,
        });
        await client.connect(transport);
        try {
          upstreams.set("b", "added", { state: "connecting" });
          upstreams.set("b", "state", { state: "ready", tools: [tool("two")] });
          await until(() => changes > 0, "notification");
          if (path === "/mcp/all") {
            const { tools } = await client.listTools();
            assert.deepEqual(tools.map(({ name }) => name), ["a__one", "b__two"]);
          }
          const before = changes;
          upstreams.set("b", "removed", undefined);
          await until(() => changes > before, "notification of the removal");
        } finally {
          await client.close();
        }
      });
    });
  }
}

/** Collects what comes on a stream until it ends. */
function collect(response: Response): Message[] {
  const received: Message[] = [];
  (async () => {
    for await (const message of messages(response)) received.push(message);
  })().catch(() => {});
  return received;
}

const changed = (received: readonly Message[]) =>
  received.filter(({ method }) => method === "notifications/tools/list_changed").length;

Deno.test("many changes at once become one notification, on both eras' streams", async () => {
  const upstreams = new FakeUpstreams({ a: { tools: [tool("one")] } });
  await withEndpoint(upstreams, async (served) => {
    const session = await openSession(served, "/mcp/all");
    const legacy = collect(await session.stream());
    const listen = modernRequest(`${served.origin}/mcp/all`, "subscriptions/listen", {
      notifications: { toolsListChanged: true },
    });
    const modern = collect(await served.fetch(listen));
    await until(() => modern.length === 1, "acknowledgement");
    for (let n = 0; n < 100; n++) upstreams.set("a", "tools", { tools: [tool(`t${n}`)] });
    served.endpoint.notifyToolsChanged();
    await until(() => changed(legacy) > 0 && changed(modern) > 0, "notifications");
    // A second one, after which a further one of the first burst would have been seen.
    served.endpoint.notifyToolsChanged();
    await until(() => changed(legacy) > 1 && changed(modern) > 1, "second notifications");
    assert.equal(changed(legacy), 2);
    assert.equal(changed(modern), 2);
  });
});

Deno.test("go fault 29: a server that fails again and again makes no storm of notifications", async () => {
  const upstreams = new FakeUpstreams({ a: { tools: [tool("one")] }, b: { state: "connecting" } });
  await withEndpoint(upstreams, async (served) => {
    const session = await openSession(served, "/mcp/all");
    const received = collect(await session.stream());
    for (let n = 0; n < 20; n++) {
      upstreams.set("b", "state", { state: n % 2 === 0 ? "error" : "connecting" });
      upstreams.set("b", "tools", {});
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(changed(received), 0);
    upstreams.set("a", "state", { state: "error" });
    await until(() => changed(received) === 1, "notification");
  });
});

Deno.test("2025: what changed while no stream was open is told on the next one", async () => {
  const upstreams = new FakeUpstreams({ a: { tools: [tool("one")] } });
  await withEndpoint(upstreams, async (served) => {
    const session = await openSession(served, "/mcp/all");
    upstreams.set("a", "tools", { tools: [tool("two")] });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const received = collect(await session.stream());
    await until(() => changed(received) === 1, "notification");
  });
});
