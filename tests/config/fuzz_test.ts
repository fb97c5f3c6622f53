/** Whatever the file holds: a config, or a ConfigError that a person can read and that gives nothing away. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { ConfigError } from "../../lib/config/error.ts";
import { loadConfig } from "../../lib/config/load.ts";
import { parseConfig } from "../../lib/config/text.ts";
import { folder, goConfig } from "./folder.ts";

const SECRETS = ["4b1d0c64a7bd7c9be4ad", "ghp_0123456789", "s3cr3t-client", "sntrys_secret"];

function assertReadable(error: unknown): void {
  assert.ok(error instanceof ConfigError, `${error}`);
  assert.ok(error.exitCode === 4 || error.exitCode === 5);
  const shown = `${error.message}\n${error.next}`;
  assert.ok(error.message.length < 5_000);
  assert.doesNotMatch(shown, /^\s+at .+:\d+:\d+\)?$/m);
  assert.doesNotMatch(error.message, /undefined|\[object|NaN/);
  for (const secret of SECRETS) assert.ok(!shown.includes(secret), shown);
}

/** One slip of hand, editor or disk. */
const slip = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat({ max: 40 }),
  put: fc.oneof(
    fc.constantFrom(
      ...'{}[]":,\\ \n\0-9',
      "",
      "null",
      "true",
      "1e999",
      '"\\ud800"',
      "// x\n",
      "/*",
      "\uFEFF",
    ),
    fc.string({ maxLength: 5, unit: "binary" }),
  ),
});

Deno.test("a config with slips in it", async () => {
  const text = await goConfig();
  let good = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(slip, { minLength: 1, maxLength: 3 }), async (slips) => {
      const mutated = slips.reduce((before, { at, length, put }) => {
        const start = Math.floor(at * before.length);
        return before.slice(0, start) + put + before.slice(start + length);
      }, text);
      try {
        await parseConfig(mutated, "mcp_config.json");
        good++;
      } catch (error) {
        assertReadable(error);
      }
    }),
    { numRuns: 1_000 },
  );
  assert.ok(good > 0, "some slips are harmless");
});

Deno.test("a config with values of other types in it", async () => {
  const original = JSON.parse(await goConfig());
  const paths: (string | number)[][] = [];
  const visit = (value: unknown, path: (string | number)[]) => {
    if (path.length > 0) paths.push(path);
    if (typeof value !== "object" || value === null) return;
    for (const [name, member] of Object.entries(value)) {
      visit(member, [...path, Array.isArray(value) ? Number(name) : name]);
    }
  };
  visit(original, []);
  const other = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(-1, 1e21, "", "-5s", "0", [null], { enabled: null }, [[]], {}),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), other, async (path, value) => {
      const mutated = structuredClone(original);
      let parent = mutated;
      for (const step of path.slice(0, -1)) parent = parent[step];
      parent[path.at(-1)!] = value;
      await parseConfig(JSON.stringify(mutated), "mcp_config.json").catch(assertReadable);
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("a file of random bytes", async () => {
  await using home = await folder();
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      await home.write(bytes);
      await loadConfig(home.inputs()).catch(assertReadable);
    }),
    { numRuns: 150 },
  );
});
