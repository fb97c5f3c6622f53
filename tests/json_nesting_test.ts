import assert from "node:assert/strict";
import { isNestedBeyond } from "../lib/json_nesting.ts";

const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

Deno.test("nesting is bounded at exactly the limit, of arrays and objects", () => {
  for (const limit of [1, 64, 512]) {
    assert.equal(isNestedBeyond(nested(limit), limit), false);
    assert.equal(isNestedBeyond(nested(limit + 1), limit), true);
    const objects = '{"a":'.repeat(limit) + "{}" + "}".repeat(limit);
    assert.equal(isNestedBeyond(objects, limit), true);
  }
});

Deno.test("brackets in strings do not count, however the strings are written", () => {
  for (const text of [nested(9), `\\"${nested(9)}`, `\\\\\\"${nested(9)}`, "\\\\"]) {
    assert.equal(isNestedBeyond(`["${text}", 1, 2, 3]`, 2), false, text);
  }
  // The string has ended before the brackets.
  assert.equal(isNestedBeyond(`["\\\\",${nested(9)}]`, 2), true);
  assert.equal(isNestedBeyond(`["]]]]]]",${nested(9)}]`, 2), true);
});

Deno.test("what broadens but does not deepen is let through", () => {
  assert.equal(isNestedBeyond(`[${"[],".repeat(10_000)}[]]`, 2), false);
});
