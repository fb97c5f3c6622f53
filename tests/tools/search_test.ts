import assert from "node:assert/strict";
import { createToolSearch } from "../../lib/tools/search.ts";
import { FakeUpstreams, tool } from "../mcp/fake_upstreams.ts";

Deno.test("a search follows the upstreams until it is closed", async () => {
  const upstreams = new FakeUpstreams({
    a: { tools: [tool("one")] },
    b: { state: "error", tools: [tool("two")] },
  });
  const search = createToolSearch(upstreams);
  const found = async (query: string) => (await search.search(query, 5)).map(({ tool }) => tool);
  // The first two at once: the index is made only once.
  assert.deepEqual(await Promise.all([found("one"), found("two")]), [["one"], []]);
  upstreams.set("b", "state", { state: "ready" });
  assert.deepEqual(await found("two"), ["two"]);
  upstreams.set("a", "removed", undefined);
  assert.deepEqual(await found("one"), []);
  assert.equal(upstreams.listeners, 1);
  search.close();
  assert.equal(upstreams.listeners, 0);
});

Deno.test("a search that was never used is closed as well", () => {
  const upstreams = new FakeUpstreams();
  createToolSearch(upstreams).close();
  assert.equal(upstreams.listeners, 0);
});
