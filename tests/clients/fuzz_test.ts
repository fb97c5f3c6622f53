/** Whatever a settings file holds: nothing in it is lost, and who must be told something is told it in words. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { ClientDescription } from "../../lib/clients/catalogue.ts";
import { connect, disconnect } from "../../lib/clients/connection.ts";
import { formatOf } from "../../lib/clients/settings_file.ts";
import { ConfigError } from "../../lib/config/error.ts";
import { UserError } from "../../lib/errors.ts";
import { assertKeeps, clientOf, entryOf, SettingsFolder } from "./helper.ts";
import { samples } from "./samples.ts";

const secrets = ["ghp_0123456789abcdefghij", "s3cr3tpassword", "abcdef0123456789"];
const plainly = { dryRun: false, force: false };

function assertReadable(error: unknown): void {
  assert(error instanceof UserError, `${error instanceof Error ? error.stack : error}`);
  const shown = `${error.message}\n${error.next}`;
  assert.doesNotMatch(shown, /^\s+at .+:\d+:\d+\)?$/m);
  assert.doesNotMatch(shown, /undefined|\[object|NaN/);
  for (const secret of secrets) assert(!shown.includes(secret), shown);
  assert(shown.length < 2_000, shown);
}

/** What may stand between any two words of a format. */
const harmless: Record<ClientDescription["format"], string[]> = {
  json: [" ", "\t", "\n", "\r\n  "],
  jsonc: [" ", "\n", "\t\r\n", "/* c */", " // c\n", '/* { */ // "\n'],
  toml: ["\n", "\n \n", " # c\n", "\n# [c]\n"],
};

/** One slip of hand, editor or disk; a harmless one goes where there is a blank, or at the end of a line. */
const slip = fc.record({
  harmless: fc.option(fc.nat(), { freq: 3 }),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat({ max: 12 }),
  put: fc.oneof(
    fc.constantFrom(
      ..."{}[]\":,\\ \n\r\t=#'/*.",
      "",
      "// c\n",
      "# c\n",
      "/* c */",
      ",\n",
      "null",
      "[mcp_servers]\n",
      '"mcpServers": {},',
      '"__proto__": {"a": 1},',
      '"mcpproxy": {"command": "x"},',
      "\uFEFF",
      "\u2028",
      "[".repeat(300),
    ),
    fc.string({ maxLength: 4, unit: "binary" }),
  ),
});

Deno.test("a settings file with slips in it is kept whole, or refused as it is", async () => {
  let connected = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...samples),
      fc.array(slip, { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      async (sample, slips, keepsBackup) => {
        const client = clientOf(sample.client);
        const entry = entryOf(client);
        const mutated = slips.reduce((before, { at, length, put, harmless: pick }) => {
          const start = Math.floor(at * before.length);
          if (pick !== null) {
            const choice = harmless[client.format];
            const blank = before.slice(start).search(client.format === "toml" ? /\r?\n/ : /\s/);
            const place = blank < 0 ? before.length : start + blank;
            return before.slice(0, place) + choice[pick % choice.length] + before.slice(place);
          }
          // Half of the others only add something.
          return before.slice(0, start) + put + before.slice(start + (length % 2 ? length : 0));
        }, sample.text).toWellFormed();
        using folder = new SettingsFolder(mutated);
        try {
          const { backup } = await connect(client, folder.location, entry, plainly);
          if (backup && !keepsBackup) Deno.removeSync(backup);
        } catch (error) {
          assertReadable(error);
          refused++;
          assert.equal(folder.text(), mutated);
          return;
        }
        connected++;
        assertKeeps(mutated, folder.text());
        const before = await valueOf(mutated);
        const { [client.table]: servers, ...rest } = await valueOf(folder.text());
        const { [client.table]: former = {}, ...others } = before;
        assert.deepEqual(rest, others);
        assert.deepEqual(servers, { ...former as object, mcpproxy: { ...entry } });

        try {
          await disconnect(client, folder.location, plainly);
        } catch (error) {
          // Comments within a table on one line.
          assert(error instanceof ConfigError && !keepsBackup, `${error}`);
          return assertReadable(error);
        }
        if (keepsBackup) assert.equal(folder.text(), mutated);
        assertKeeps(mutated, folder.text());
        const { [client.table]: left = {}, ...after } = await valueOf(folder.text());
        assert.deepEqual([left, after], [former, others]);

        async function valueOf(text: string): Promise<Record<string, unknown>> {
          return await formatOf(client).parse(text.replace(/^\uFEFF/, ""), "settings");
        }
      },
    ),
    { numRuns: 300 },
  );
  assert(connected > 50 && refused > 30, `${connected} connected, ${refused} refused`);
});
