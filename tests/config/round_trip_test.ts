/** Whatever a config holds beyond what we change stays as it is, byte for byte. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { appendValue, removeValue, setValue } from "../../lib/config/json_edit.ts";
import { nodeAt, parseTree } from "../../lib/config/json_tree.ts";
import { mergePatch } from "../../lib/config/merge_patch.ts";

/** Names that JavaScript objects put in another order, or treat specially, among others. */
const name = fc.oneof(
  fc.constantFrom(
    "2",
    "10",
    "1",
    "__proto__",
    "constructor",
    "",
    "ü 🔑",
    'q"uote',
    "a\\b",
    "\u2028",
  ),
  fc.string({ maxLength: 8 }),
);
const blank = fc.constantFrom("", "", " ", "\n", "\n  ", "\r\n\t", "  ");
/** Spellings of scalars that `JSON.stringify` would not keep. */
const scalar = fc.constantFrom(
  "null",
  "true",
  "0",
  "1.0",
  "1e2",
  "1E+2",
  "12345678901234567890",
  "0.10",
  '"\\u0041"',
  '"\\/"',
  '"\\ud800"',
  '"x\\ny"',
  '"é"',
);

/** JSON texts with odd but legal spacing and spelling. */
const { json, object } = fc.letrec<{ json: string; object: string; list: string }>((tie) => ({
  json: fc.oneof({ maxDepth: 3, depthSize: "small" }, scalar, tie("object"), tie("list")),
  object: fc.tuple(
    fc.uniqueArray(fc.tuple(name, blank, blank, tie("json"), blank), {
      maxLength: 5,
      selector: ([name]) => name,
    }),
    blank,
  ).map(([members, end]) =>
    `{${
      members.map(([name, before, colon, value, after]) =>
        `${before}${JSON.stringify(name)}${colon}:${colon}${value}${after}`
      ).join(",")
    }${end}}`
  ),
  list: fc.array(fc.tuple(blank, tie("json"), blank), { maxLength: 4 })
    .map((entries) => `[${entries.map((entry) => entry.join("")).join(",")}]`),
}));
const value = json.map((text) => JSON.parse(text) as unknown);
const objectValue = object.map((text) => JSON.parse(text) as Record<string, unknown>);

/** The source of each member or entry at a path, in the order of the text. */
async function members(text: string, path: (string | number)[]): Promise<[string, string][]> {
  const node = nodeAt(await parseTree(text), path);
  return node!.children!.map((child, index) => {
    const [key, member] = child.type === "property" ? child.children! : [undefined, child];
    const source = text.slice(member!.offset, member!.offset + member!.length);
    return [key ? String(key.value) : String(index), source];
  });
}

/** A config around a list of servers, in any layout. */
const config = fc.tuple(fc.array(object, { maxLength: 4 }), object, object, blank, blank).map(
  ([servers, before, after, space, end]) => {
    const text = `{${space}"before":${space}${before},${space}"mcpServers":${space}[${
      servers.join(`,${space}`)
    }],${space}"2":${space}${after}${end}}${end}`;
    return { text, servers };
  },
);

Deno.test("adding a server changes nothing else", async () => {
  await fc.assert(
    fc.asyncProperty(config, objectValue, async ({ text, servers }, added) => {
      const result = await appendValue(text, ["mcpServers"], added);
      const entries = await members(result, ["mcpServers"]);
      assert.deepEqual(entries.slice(0, -1).map(([, source]) => source), servers);
      assert.deepEqual(JSON.parse(entries.at(-1)![1]), added);
      await assertSame(text, result, ["mcpServers"]);
      // Taking it away again leads back, but for the blanks of a list that was empty.
      const back = await removeValue(result, ["mcpServers", servers.length]);
      if (servers.length > 0) assert.equal(back, text);
      else assert.deepEqual(JSON.parse(back), JSON.parse(text));
    }),
    { numRuns: 200 },
  );
});

Deno.test("removing a server changes nothing else", async () => {
  await fc.assert(
    fc.asyncProperty(config, fc.nat(), async ({ text, servers }, pick) => {
      fc.pre(servers.length > 0);
      const index = pick % servers.length;
      const result = await removeValue(text, ["mcpServers", index]);
      const entries = await members(result, ["mcpServers"]);
      assert.deepEqual(entries.map(([, source]) => source), servers.toSpliced(index, 1));
      await assertSame(text, result, ["mcpServers"]);
    }),
    { numRuns: 200 },
  );
});

Deno.test("patching a server changes what the patch names and nothing else", async () => {
  await fc.assert(
    fc.asyncProperty(config, fc.nat(), objectValue, async ({ text, servers }, pick, patch) => {
      fc.pre(servers.length > 0);
      const index = pick % servers.length;
      const path = ["mcpServers", index];
      const before = JSON.parse(servers[index]!) as Record<string, unknown>;
      const after = mergePatch(before, patch);
      const result = await setValue(text, path, after);
      assert.deepEqual(JSON.parse(result), { ...JSON.parse(text), mcpServers: expected() });
      await assertSame(text, result, ["mcpServers"]);
      const entries = await members(result, ["mcpServers"]);
      assert.deepEqual(
        entries.toSpliced(index, 1).map(([, source]) => source),
        servers.toSpliced(index, 1),
      );
      // Members that the patch does not name keep their spelling and their order.
      const untouched = (list: [string, string][]) =>
        list.filter(([key]) => !Object.hasOwn(patch, key));
      assert.deepEqual(
        untouched(await members(result, path)),
        untouched(await members(text, path)),
      );

      function expected() {
        return servers.map((server, place) => place === index ? after : JSON.parse(server));
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("setting any value anywhere gives just that value", async () => {
  await fc.assert(
    fc.asyncProperty(object, name, value, async (text, key, member) => {
      const result = await setValue(text, [key], member);
      assert.deepEqual(
        new Map(Object.entries(JSON.parse(result))),
        new Map(Object.entries(JSON.parse(text))).set(key, member),
      );
      assert.equal(await setValue(result, [key], member), result);
      const others = (list: [string, string][]) => list.filter(([name]) => name !== key);
      assert.deepEqual(others(await members(result, [])), others(await members(text, [])));
    }),
    { numRuns: 300 },
  );
});

/** Everything of the root but one member is the same, in spelling and in order; so is what surrounds it. */
async function assertSame(before: string, after: string, [except]: [string]): Promise<void> {
  const others = (list: [string, string][]) =>
    list.map((entry) => entry[0] === except ? [except] : entry);
  assert.deepEqual(others(await members(after, [])), others(await members(before, [])));
  const start = before.indexOf('"mcpServers"');
  assert.equal(after.slice(0, start), before.slice(0, start));
}
