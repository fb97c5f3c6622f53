/** What is read without the library of command lines is read as the library would. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { createProgram } from "../../lib/cli/program.ts";
import { readStatus } from "../../lib/cli/quick.ts";

/** What the library reads; null if it is not the status that is asked for, or a mistake. */
async function readByLibrary(args: readonly string[]): Promise<unknown> {
  const program = createProgram(() => Promise.resolve());
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
  }
  let read: unknown = null;
  program.commands.find((command) => command.name() === "status")
    ?.action((...given: unknown[]) => {
      read = (given.at(-1) as { optsWithGlobals(): unknown }).optsWithGlobals();
    });
  await program.parseAsync(args, { from: "user" }).catch(() => {});
  return read;
}

const words = [
  ...["status", "serve", "--json", "-o", "--output", "yaml", "-c", "--config", "-d", "--", "-"],
  ...["--data-dir", "--tray-endpoint", "--data-dir=/x", "-d/x", "--log-level", "debug", "-oyaml"],
  ...["/tmp/a b", "", "--help", "-h", "--version", "--no-such-option"],
];
const usual = [["--json"], ["-o", "yaml"], ["--data-dir", "/a b"], ["-c", "x"], ["-d", ""]];
const someArgs = fc.tuple(
  fc.array(fc.constantFrom(...usual), { maxLength: 2 }),
  fc.array(fc.constantFrom(...usual), { maxLength: 2 }),
  fc.array(fc.constantFrom(...words).map((word) => [word]), { maxLength: 2 }),
).map(([before, after, odd]) => [...before, ["status"], ...after, ...odd].flat());

Deno.test("the status that is read at once has the options that the library reads", async () => {
  let seen = 0;
  await fc.assert(
    fc.asyncProperty(someArgs, async (args) => {
      const read = readStatus(args);
      if (read === null) return;
      seen++;
      assert.deepEqual({ ...read }, await readByLibrary(args), JSON.stringify(args));
    }),
    { numRuns: 1_000 },
  );
  assert(seen > 50, "much of what was tried is read at once");
});

Deno.test("what people type is read at once", () => {
  assert.deepEqual(readStatus(["status"]), {});
  assert.deepEqual(readStatus(["status", "--json"]), { json: true });
  assert.deepEqual(readStatus(["-d", "/x", "status", "-o", "yaml"]), {
    dataDir: "/x",
    output: "yaml",
  });
  assert.equal(readStatus(["status", "--help"]), null);
  assert.equal(readStatus([]), null);
});
