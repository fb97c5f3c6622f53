import assert from "node:assert/strict";
import fc from "fast-check";
import { nameText, parametersText, proseText, queryWords } from "../../lib/tools/words.ts";
import { anyText } from "./any_text.ts";

Deno.test("a name is found by its parts and by them joined", () => {
  assert.equal(nameText("createIssue"), "createIssue create Issue");
  assert.equal(nameText("create_issue"), "create_issue create issue createissue");
  assert.equal(nameText("getHTTPUrl2"), "getHTTPUrl2 get HTTP Url 2");
  assert.equal(nameText("s3-bucket.v2"), "s3-bucket.v2 s 3 bucket v 2 s3bucketv2");
  assert.equal(nameText("ÜberPrüfung"), "ÜberPrüfung Über Prüfung");
  assert.equal(nameText("検索"), "検索");
  assert.equal(nameText(""), "");
});

Deno.test("identifiers in running text are taken apart", () => {
  assert.equal(proseText("plain words"), "plain words");
  assert.equal(proseText("calls getUrl"), "calls getUrl calls get Url");
});

Deno.test("parameters are found by names and descriptions, those of nested objects too", () => {
  const text = parametersText({
    type: "object",
    properties: {
      owner: { type: "string", description: "who owns it" },
      filters: { type: "object", properties: { since: { description: "from when" } } },
      labels: { type: "array", items: { type: "object", properties: { colour: {} } } },
      odd: null,
      pageSize: true,
    },
  });
  for (const word of ["owner", "who owns it", "since", "from when", "colour", "odd", "page Size"]) {
    assert.ok(text.includes(word), word);
  }
});

Deno.test("a schema that is no schema, or far too large, does no harm", () => {
  for (const schema of [undefined, null, 1, "x", [], { properties: 3 }, { properties: [null] }]) {
    assert.equal(typeof parametersText(schema), "string");
  }
  let deep: unknown = {};
  for (let n = 0; n < 10_000; n++) deep = { properties: { a: deep }, items: deep };
  assert.ok(parametersText(deep).length < 1_000);
  const wide = Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`name${n}`, {}]));
  assert.ok(parametersText({ properties: wide }).length < 50_000);
});

Deno.test("a query is its words, fillers left out, the last one last", () => {
  assert.deepEqual(queryWords("How do I create an issue?"), ["create", "issue"]);
  assert.deepEqual(queryWords("createIssue"), ["create", "issue", "createissue"]);
  assert.deepEqual(queryWords("issue create issue"), ["create", "issue"]);
  assert.deepEqual(queryWords("files to"), ["files", "to"]);
  assert.deepEqual(queryWords('"z" XOR b* NEAR(c) -d ^e \u0000 \u{1f600}'), [
    "z",
    "xor",
    "b",
    "near",
    "c",
    "d",
    "e",
  ]);
  assert.deepEqual(queryWords("\u{1f600} ?! \u0000"), []);
  assert.deepEqual(queryWords("word ".repeat(5_000)).slice(0, 1), ["word"]);
  assert.equal(queryWords(Array.from({ length: 99 }, (_, n) => `word${n}`).join(" ")).length, 16);
});

Deno.test("words of a query hold nothing that could end a quotation", () => {
  fc.assert(
    fc.property(anyText(60), (query) => {
      for (const word of queryWords(query)) assert.match(word, /^[\p{L}\p{N}\p{M}]+$/u);
    }),
  );
});
