import assert from "node:assert/strict";
import fc from "fast-check";
import { LineSplitter, LineTooLongError } from "../lib/line_splitter.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("lines: however the bytes are chopped, the same lines come out", () => {
  const line = fc.string({ unit: "grapheme", maxLength: 30 }).map((text) =>
    text.replace(/[\r\n]/g, "")
  );
  fc.assert(fc.property(fc.array(line), line, fc.array(fc.nat(12)), (lines, rest, sizes) => {
    const splitter = new LineSplitter(10_000, "fail");
    const all = bytes(lines.map((each) => `${each}\n`).join("") + rest);
    const found: string[] = [];
    for (let at = 0, turn = 0; at < all.length; turn++) {
      const size = 1 + (sizes[turn % sizes.length] ?? 5);
      found.push(...splitter.push(all.subarray(at, at + size)));
      at += size;
    }
    assert.deepEqual([...found, splitter.rest()], [...lines, rest]);
  }));
});

Deno.test("lines: a carriage return before the line end is none of the line", () => {
  assert.deepEqual(new LineSplitter(100, "fail").push(bytes("one\r\ntwo\n\r\n")), [
    "one",
    "two",
    "",
  ]);
});

Deno.test("lines: one that is too long ends it", () => {
  const splitter = new LineSplitter(10, "fail");
  assert.deepEqual(splitter.push(bytes("0123456789\n01234")), ["0123456789"]);
  assert.throws(() => splitter.push(bytes("567890")), LineTooLongError);
});

Deno.test("lines: one that is too long is cut, and the next is whole again", () => {
  const splitter = new LineSplitter(10, "cut");
  assert.deepEqual(splitter.push(bytes("0123456")), []);
  assert.deepEqual(splitter.push(bytes("7890123")), ["0123456789"]);
  assert.deepEqual(splitter.push(bytes("endless\nnext\nla")), ["next"]);
  assert.equal(splitter.rest(), "la");
});

Deno.test("lines: 16 MB in small chunks take no time to speak of", () => {
  const splitter = new LineSplitter(32 * 1024 * 1024, "fail");
  const chunk = bytes("x".repeat(16_384));
  const began = performance.now();
  for (let i = 0; i < 1_024; i++) splitter.push(chunk);
  const [line] = splitter.push(bytes("\n"));
  assert.equal(line?.length, 16 * 1024 * 1024);
  assert(performance.now() - began < 5_000);
});
