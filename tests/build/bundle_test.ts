/** What the sources must keep to, so that a build holds all of them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

Deno.test("every import names its module by a literal: a build holds no other", async () => {
  const found: string[] = [];
  const visit = async (folder: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const path = join(folder, name);
      if (isDirectory) await visit(path);
      else if (name.endsWith(".ts")) {
        const text = await Deno.readTextFile(path);
        for (const [call] of text.matchAll(/\bimport\(\s*[^"\s][^)]*\)/g)) {
          found.push(`${name}: ${call}`);
        }
      }
    }
  };
  await visit(fileURLToPath(new URL("../../lib", import.meta.url)));
  // That is for checkouts alone; a build has the file beside its code.
  assert.deepEqual(found, [
    'desktop_helper_program.ts: import(manifest, { with: { type: "json" } })',
  ]);
});
