/** Our paths against those of `node:path`. */
import assert from "node:assert/strict";
import * as node from "node:path";
import fc from "fast-check";
import { posix, win32 } from "../lib/path.ts";

const parts = ["a", "b c", "..", ".", "", "ü", "x.sock", "~", "-d", "a:b"];

const posixPath = fc.array(fc.constantFrom(...parts), { maxLength: 6 }).chain((names) =>
  fc.constantFrom("", "/", "//").map((root) => root + names.join("/"))
);

const windowsNames = fc.array(
  fc.tuple(
    fc.constantFrom(...parts.filter((name) => !name.includes(":"))),
    fc.constantFrom("/", "\\"),
  ),
  { maxLength: 6 },
);
const windowsAbsolute = fc.constantFrom("C:\\", "c:/", "D:\\", "\\\\server\\share\\")
  .chain((root) => windowsNames.map((names) => root + names.flat().join("")));
const windowsPath = fc.oneof(
  windowsAbsolute,
  windowsNames.map((names) => names.flat().join("").replace(/^[/\\]+/, "")),
);

Deno.test("paths of POSIX are as node:path has them", () => {
  fc.assert(
    fc.property(posixPath, posixPath, (one, other) => {
      assert.equal(posix.isAbsolute(one), node.posix.isAbsolute(one), one);
      assert.equal(posix.normalize(one), node.posix.normalize(one), one);
      assert.equal(posix.join(one, other), node.posix.join(one, other), `${one} and ${other}`);
      assert.equal(posix.resolve(`/home/${one}`, other), node.posix.resolve(`/home/${one}`, other));
      assert.equal(posix.basename(one), node.posix.basename(one), one);
      // Of doubled separators node:path leaves one at the end, which dirname(1) does not.
      const normal = posix.normalize(one);
      assert.equal(posix.dirname(normal), node.posix.dirname(normal), normal);
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("paths of Windows are as node:path has them", () => {
  fc.assert(
    fc.property(windowsAbsolute, windowsPath, (one, other) => {
      assert.equal(win32.isAbsolute(other), node.win32.isAbsolute(other), other);
      assert.equal(win32.normalize(one), node.win32.normalize(one), one);
      if (!node.win32.isAbsolute(other)) {
        assert.equal(win32.join(one, other), node.win32.join(one, other), `${one} and ${other}`);
      }
      const resolved = win32.resolve(one, other);
      assert.equal(resolved.toLowerCase(), node.win32.resolve(one, other).toLowerCase());
      // A share has no folder, so it has no name in one, whatever node:path says.
      if (/^\\\\[^\\]+\\[^\\]+\\$/.test(resolved)) return;
      assert.equal(win32.basename(resolved), node.win32.basename(resolved), resolved);
      assert.equal(win32.dirname(resolved), node.win32.dirname(resolved), resolved);
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("a path of Windows that only has a drive, or only a root, starts there", () => {
  assert.equal(win32.resolve("C:\\a\\b", "\\c"), "C:\\c");
  assert.equal(win32.resolve("C:\\a\\b", "c:d"), "c:\\a\\b\\d");
  assert.equal(win32.resolve("C:\\a\\b", "D:d"), "D:\\d");
  assert.equal(win32.resolve("\\\\s\\t\\u", "..\\.."), "\\\\s\\t\\");
});
