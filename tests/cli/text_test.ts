import assert from "node:assert/strict";
import fc from "fast-check";
import { resultText } from "../../lib/cli/tools_call.ts";
import { duration, factLines, firstLine, printable, printableLines } from "../../lib/cli/text.ts";
import { table } from "../../lib/cli/table.ts";

Deno.test("nothing that a terminal would obey is left of any text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    assert.doesNotMatch(printable(text), /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
    assert.doesNotMatch(printableLines(text), /[^\P{Cc}\n\t]|[\u202a-\u202e]/u);
    assert.doesNotMatch(firstLine(text), /\p{Cc}/u);
  }));
  assert.equal(printableLines("a\r\n\tb\u001b[31mc"), "a\n\tb [31mc");
});

Deno.test("facts stand in two columns, without those that have no value", () => {
  assert.deepEqual(factLines([["a", "1"], ["none", ""], ["long", "2\n3"]]), [
    "  a     1",
    "  long  2 3",
  ]);
});

Deno.test("time spans are told in the unit that a person would use", () => {
  assert.deepEqual([0, 119, 120, 7_199, 7_200, 172_800].map(duration), [
    ...["0 s", "119 s", "2 min", "119 min", "2 h", "2 days"],
  ]);
});

Deno.test("a table is as wide as its widest cells, wide characters counted as two", async () => {
  const columns = [
    { title: "A", text: ([a]: string[]) => a! },
    { title: "B", text: ([, b]: string[]) => b! },
  ];
  assert.equal(
    await table([["漢字", "x"], ["ab", "y\nz"]], columns),
    "A     B\n漢字  x\nab    y z",
  );
});

Deno.test("a result is told by what it holds", () => {
  assert.equal(
    resultText({
      content: [
        { type: "text", text: "one\ntwo" },
        { type: "image", data: "AAECAw==", mimeType: "image/png" },
        { type: "resource_link", uri: "file:///a", name: "a" },
        { type: "resource", resource: { uri: "file:///b", text: "inside" } },
        { type: "resource", resource: { uri: "file:///c", blob: "AAEC" } },
        { type: "hologram" },
      ],
    }),
    "one\ntwo\n[image image/png, 4 bytes]\n[resource_link file:///a]\n[resource file:///b]\ninside\n" +
      "[resource file:///c, 3 bytes]\n[hologram]",
  );
  assert.match(resultText({ content: [], structuredContent: { a: 1 } }), /"a": 1/);
  assert.match(resultText({ content: [] }), /without any content/);
});
