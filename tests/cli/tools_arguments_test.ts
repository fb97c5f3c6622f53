import assert from "node:assert/strict";
import fc from "fast-check";
import { givenArguments, pairArguments } from "../../lib/cli/tools_arguments.ts";

const schema = {
  type: "object",
  properties: {
    text: { type: "string" },
    count: { type: "integer" },
    list: { type: "array" },
    either: { anyOf: [{ type: "string" }, { type: "null" }] },
    maybe: { type: ["number", "null"] },
    choice: { enum: ["1", "2"] },
    level: { enum: [1, 2] },
  },
};

Deno.test("values are read as the schema has them", () => {
  assert.deepEqual(
    pairArguments(
      [
        "text=5",
        "count=5",
        "list=[1]",
        "either=null",
        "maybe=null",
        "choice=1",
        "level=2",
        "new=a=b",
      ],
      schema,
    ),
    {
      text: "5",
      count: 5,
      list: [1],
      either: "null",
      maybe: null,
      choice: "1",
      level: 2,
      new: "a=b",
    },
  );
  assert.throws(
    () => pairArguments(["count=many"], schema),
    /"count" must be integer, written as JSON/,
  );
  assert.throws(() => pairArguments(["=x"], schema), /is not key=value/);
});

Deno.test("no key and no schema reaches what it should not", () => {
  const made = pairArguments(["__proto__=x", "constructor=y"], {});
  assert.deepEqual(Object.entries(made), [["__proto__", "x"], ["constructor", "y"]]);
  fc.assert(fc.property(fc.jsonValue(), (property) => {
    const found = pairArguments(["a=text"], {
      properties: { a: { anyOf: [property], type: "string" } },
    });
    assert.deepEqual(found, { a: "text" });
  }));
});

Deno.test("--args must be one JSON object", async () => {
  const given = (args: string) => givenArguments({ pairs: [], args });
  assert.deepEqual(await given('{"a":[1]}'), { a: [1] });
  assert.deepEqual(await givenArguments({ pairs: [] }), {});
  for (const text of ["", "{", "[]", "1", "null", '"a"']) {
    await assert.rejects(given(text), /--args/);
  }
});
