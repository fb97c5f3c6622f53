/** What is read without the library of command lines is read as the library would. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { createProgram } from "../../lib/cli/program.ts";
import { readQuickly } from "../../lib/cli/quick.ts";

/** What the library reads; null if it is no command that is read quickly, or a mistake. */
async function readByLibrary(args: readonly string[]): Promise<unknown> {
  const program = createProgram(() => Promise.resolve());
  let read: unknown = null;
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
    const name = command.name();
    if (name !== "status" && name !== "serve") continue;
    command.action((...given: unknown[]) => {
      const self = given.at(-1) as { args: string[]; optsWithGlobals(): unknown };
      // What is no command at all comes to serve, which refuses it.
      if (self.args.length === 0) read = { command: name, options: self.optsWithGlobals() };
    });
  }
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
  fc.constantFrom(["status"], ["serve"], ["serve", "-l", ":1"], ["serve", "--listen", "x"], []),
  fc.array(fc.constantFrom(...usual), { maxLength: 2 }),
  fc.array(fc.constantFrom(...words).map((word) => [word]), { maxLength: 2 }),
).map(([before, command, after, odd]) => [...before, command, ...after, ...odd].flat());

Deno.test("what is read at once is read as the library reads it", async () => {
  let seen = 0;
  await fc.assert(
    fc.asyncProperty(someArgs, async (args) => {
      const read = readQuickly(args);
      if (read === null) return;
      seen++;
      assert.deepEqual(
        { ...read, options: { ...read.options } },
        await readByLibrary(args),
        JSON.stringify(args),
      );
    }),
    { numRuns: 1_000 },
  );
  assert(seen > 50, "much of what was tried is read at once");
});

Deno.test("what people type is read at once", () => {
  assert.deepEqual(readQuickly(["status"]), { command: "status", options: {} });
  assert.deepEqual(readQuickly([]), { command: "serve", options: {} });
  assert.deepEqual(readQuickly(["-d", "/x", "serve", "--listen", "127.0.0.1:0"]), {
    command: "serve",
    options: { dataDir: "/x", listen: "127.0.0.1:0" },
  });
  assert.equal(readQuickly(["status", "--help"]), null);
  assert.equal(readQuickly(["serve", "--enable-socket=false"]), null);
  assert.equal(readQuickly(["tools", "list"]), null);
});
