import assert from "node:assert/strict";
import fc from "fast-check";
import { exampleArguments, schemaLines, typeOf } from "../../lib/cli/schema_text.ts";
import type { JsonObject } from "../../lib/json_object.ts";

Deno.test("a schema is told in words, properties within properties too", () => {
  const schema: JsonObject = {
    type: "object",
    required: ["path", "edits"],
    properties: {
      path: { type: "string", description: "Where.\nAbsolute." },
      head: { type: "number", default: 10, minimum: 1 },
      edits: {
        type: "array",
        items: { type: "object", required: ["old"], properties: { old: { type: "string" } } },
      },
    },
  };
  assert.deepEqual(schemaLines(schema), [
    "  path  string, required",
    "      Where.",
    "      Absolute.",
    "  head  number, default 10, at least 1",
    "  edits  object[], required",
    "    old  string, required",
  ]);
  assert.deepEqual(exampleArguments(schema), ["path=<string>", "edits=<object[]>"]);
});

Deno.test("types are told in a word or two", () => {
  const types: [JsonObject, string][] = [
    [{}, "any"],
    [{ type: "array" }, "any[]"],
    [{ type: "array", items: { enum: ["a", "b"] } }, '("a" | "b")[]'],
    [{ anyOf: [{ type: "string" }, { type: "null" }] }, "string | null"],
    [{ type: ["string", "number"] }, "string | number"],
    [{ const: 5 }, "5"],
    [{ $ref: "#/$defs/Thing" }, "Thing"],
  ];
  for (const [schema, text] of types) assert.equal(typeOf(schema), text);
});

Deno.test("what cannot be made text is passed over", () => {
  const odd = { toString: 0, valueOf: 0 };
  assert.deepEqual(exampleArguments({ required: [odd, "a"] }), ["a=<any>"]);
  assert.deepEqual(schemaLines({ properties: { a: { type: [odd, "string"] } }, required: [odd] }), [
    "  a  string",
  ]);
});

Deno.test("any schema at all is told within bounds, without control characters", () => {
  const words = fc.string({ unit: "binary", maxLength: 20 });
  const value = fc.jsonValue({ maxDepth: 2 });
  const any = fc.letrec((tie) => ({
    inner: fc.option(tie("schema"), { maxDepth: 2, nil: {} }),
    schema: fc.record({
      type: fc.oneof(fc.constantFrom("object", "array", "string"), words),
      description: words,
      properties: fc.dictionary(words, tie("inner"), { maxKeys: 2 }),
      items: tie("inner"),
      anyOf: fc.array(tie("inner"), { maxLength: 2 }),
      enum: fc.array(value, { maxLength: 3 }),
      required: value,
      default: value,
    }, { requiredKeys: [] }),
  })).schema as fc.Arbitrary<JsonObject>;
  fc.assert(
    fc.property(any, (schema) => {
      for (const line of schemaLines(schema)) assert.doesNotMatch(line, /[\p{Cc}\u202e]/u);
      exampleArguments(schema);
    }),
    { numRuns: 50 },
  );
  let deep: JsonObject = { type: "string" };
  for (let n = 0; n < 5000; n++) deep = { type: "object", properties: { a: deep }, items: deep };
  assert(schemaLines(deep).length < 10);
  let nested: JsonObject = { type: "string" };
  for (let n = 0; n < 5000; n++) nested = { type: "array", items: { anyOf: [nested] } };
  assert(typeOf(nested).length < 100);
});
