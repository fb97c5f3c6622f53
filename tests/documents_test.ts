/** What docs/socket.md says about tests has to be so: who reads of a layer wants to see the test that attacks it. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = dirname(fileURLToPath(import.meta.url));

function* filesBelow(directory: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    const path = join(directory, name);
    if (isDirectory) yield* filesBelow(path);
    else if (name.endsWith(".ts")) yield path;
  }
}

Deno.test("every test that docs/socket.md names exists", () => {
  const document = Deno.readTextFileSync(join(folder, "../docs/socket.md"));
  const rows = document.split("\n").filter((line) => /^\| \d+ +\|/.test(line));
  const shownBy = rows.map((row) => row.split("|").at(-2)!).join("\n");
  const files = [...filesBelow(folder)];
  const tests = files.map((file) => Deno.readTextFileSync(file)).join("\n");

  const names = [...shownBy.matchAll(/"([^"]+?)…?"/g)].map(([, name]) => name!);
  assert(names.length > 15, `only ${names.length} names were found`);
  assert.deepEqual(names.filter((name) => !tests.includes(name)), []);

  const paths = [...shownBy.matchAll(/`([^`]+\.ts)`/g)].map(([, path]) => path!);
  assert(paths.length > 3, `only ${paths.length} files were found`);
  const isThere = (path: string) =>
    files.includes(join(folder, path)) || files.includes(join(folder, "ipc", path));
  assert.deepEqual(paths.filter((path) => !isThere(path)), []);
});
