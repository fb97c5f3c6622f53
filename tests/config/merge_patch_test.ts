import assert from "node:assert/strict";
import fc from "fast-check";
import { UserError } from "../../lib/errors.ts";
import { mergePatch, refuseMasks, unmask } from "../../lib/config/merge_patch.ts";
import { maskConfig } from "../../lib/config/secrets.ts";

Deno.test("the examples of RFC 7396, appendix A", () => {
  const table: [unknown, unknown, unknown][] = [
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [["a", "b"], ["c", "d"], ["c", "d"]],
    [{ a: "b" }, ["c"], ["c"]],
    [{ a: "foo" }, null, null],
    [{ a: "foo" }, "bar", "bar"],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: "b", c: null }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  for (const [target, patch, result] of table) assert.deepEqual(mergePatch(target, patch), result);
});

Deno.test("a patch cannot reach a prototype", () => {
  const result = mergePatch({}, JSON.parse('{"__proto__": {"polluted": true}}')) as object;
  assert.ok(Object.hasOwn(result, "__proto__"));
  assert.equal(Object.getPrototypeOf(result), Object.prototype);
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});

const server = {
  name: "x",
  env: { A: "hunter22", B: "hunter33" },
  args: ["--token=hunter22", "-v", "--token=hunter44"],
  url: "https://u:hunter22@host/p",
};

Deno.test("what was shown masked and comes back the same keeps its secret", () => {
  const masked = maskConfig(server);
  assert.deepEqual(unmask(masked, masked, server), server);
  assert.deepEqual(
    unmask({ env: { A: "••••22 (8 chars)", B: "new" } }, masked, server),
    { env: { A: "hunter22", B: "new" } },
  );
  // An argument that has moved.
  const [first, second, third] = masked.args as string[];
  assert.deepEqual(unmask({ args: ["new", first, third, second] }, masked, server), {
    args: ["new", "--token=hunter22", "--token=hunter44", "-v"],
  });
});

Deno.test("arguments whose masks are alike keep their secrets in place, and are refused once that is unclear", () => {
  const alike = { args: ["-v", "--token=hunter22", "--token=winter22"] };
  const masked = maskConfig(alike);
  const [verbose, token] = masked.args as string[];
  assert.deepEqual(unmask({ args: ["-q", token, token] }, masked, alike), {
    args: ["-q", "--token=hunter22", "--token=winter22"],
  });
  assert.throws(
    () => unmask({ args: [verbose, token] }, masked, alike),
    /^UserError: args\[1\] holds/,
  );
});

Deno.test("a mask where none was shown is refused with its field", () => {
  const masked = maskConfig(server);
  const table: [Record<string, unknown>, string][] = [
    [{ env: { A: "••••33 (8 chars)" } }, "env.A"],
    [{ env: { NEW: "••••22 (8 chars)" } }, "env.NEW"],
    [{ args: ["--other=••••22 (8 chars)"] }, "args[0]"],
    [{ url: "https://•••• (1 chars):••••22 (8 chars)@evil/p" }, "url"],
    [{ headers: { X: "Bearer ••••22 (8 chars)" } }, "headers.X"],
  ];
  for (const [patch, field] of table) {
    assert.throws(() => unmask(patch, masked, server), (error) => {
      assert.ok(error instanceof UserError);
      assert.ok(error.message.startsWith(`${field} holds a masked value`), error.message);
      return true;
    });
  }
  assert.throws(() => refuseMasks({ env: { A: "••••22 (8 chars)" } }), /^UserError: env\.A holds/);
});

Deno.test("any server that is shown and sent back whole is the same again", () => {
  const text = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom("hunter22", "https://a:b@c/"),
  );
  const any = fc.record({
    name: text,
    env: fc.dictionary(text, text, { noNullPrototype: true }),
    headers: fc.dictionary(text, text, { noNullPrototype: true }),
    args: fc.array(text),
    url: text,
  });
  fc.assert(fc.property(any, (server) => {
    const masked = maskConfig(server);
    assert.equal(JSON.stringify(unmask(masked, masked, server)), JSON.stringify(server));
  }));
});
