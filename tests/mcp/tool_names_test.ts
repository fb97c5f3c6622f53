import assert from "node:assert/strict";
import fc from "fast-check";
import { exposedName } from "../../lib/mcp/tool_names.ts";
import { anyText } from "../tools/any_text.ts";

Deno.test("an ordinary name is the server's, two underscores, the tool's", () => {
  assert.equal(exposedName("github", "create_issue"), "github__create_issue");
  assert.equal(exposedName("my-server.v2", "get-sum"), "my-server.v2__get-sum");
  assert.equal(exposedName("a", "b__c"), "a__b__c");
  assert.equal(exposedName("_a", "_b"), "_a___b");
});

Deno.test("an odd name becomes a legal one that still tells what it is", () => {
  assert.match(exposedName("a__b", "c"), /^a_b_c_[0-9a-f]{12}$/);
  assert.match(exposedName("my server", "do it"), /^my_server_do_it_[0-9a-f]{12}$/);
  assert.match(exposedName("a_", "b"), /^a_b_[0-9a-f]{12}$/);
  assert.match(exposedName("日本", "検索"), /^[0-9a-f]{12}$/);
  assert.match(exposedName("", ""), /^[0-9a-f]{12}$/);
  assert.match(exposedName("server", "x".repeat(200)), /^server_x{44}_[0-9a-f]{12}$/);
  assert.equal(exposedName("s", "x".repeat(61)), `s__${"x".repeat(61)}`);
});

/** Names made of few parts, so that their joints collide if they can. */
const name = fc.oneof(
  fc.array(fc.constantFrom("_", "__", "a", "b", "-", " ", ":", "é"), { maxLength: 6 })
    .map((parts) => parts.join("")),
  anyText(80),
);

Deno.test("every name is legal, and no two tools share one", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(name, name), { selector: JSON.stringify, maxLength: 40 }),
      (pairs) => {
        const names = pairs.map(([server, tool]) => exposedName(server, tool));
        for (const exposed of names) assert.match(exposed, /^[A-Za-z0-9_.-]{1,64}$/);
        assert.equal(new Set(names).size, pairs.length);
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("a tool cannot be named so that it takes the name of another server's", () => {
  const victim = exposedName("a__b", "c");
  fc.assert(
    fc.property(name, (server) => {
      for (let cut = 0; cut <= victim.length; cut++) {
        assert.notEqual(exposedName(server, victim.slice(cut)), victim);
        assert.notEqual(exposedName(victim.slice(0, cut), victim.slice(cut)), victim);
      }
    }),
    { numRuns: 20 },
  );
});
