import assert from "node:assert/strict";
import { appendValue, removeValue, setValue } from "../../lib/config/json_edit.ts";

const pretty = '{\n  "a": 1,\n  "list": [\n    {\n      "name": "x"\n    }\n  ]\n}\n';

Deno.test("setting replaces only what differs", async () => {
  assert.equal(await setValue(pretty, ["a"], 2), pretty.replace("1", "2"));
  assert.equal(await setValue(pretty, ["list", 0, "name"], "y"), pretty.replace('"x"', '"y"'));
  assert.equal(
    await setValue('{"a": {"keep" :1.0, "go":2,"set":3}}', ["a"], {
      keep: 1,
      set: 4,
      add: [1, {}],
    }),
    '{"a": {"keep" :1.0,"set":4, "add": [1,{}]}}',
  );
  assert.equal(await setValue('{"a":[1.0,2]}', ["a"], [1, 2]), '{"a":[1.0,2]}');
  assert.equal(await setValue('{"a":[1.0,2]}', ["a"], [1]), '{"a":[1]}');
  assert.equal(await setValue('{"a":null}', ["a"], {}), '{"a":{}}');
});

Deno.test("what is added looks like what is there", async () => {
  assert.equal(
    await setValue(pretty, ["b"], { c: [1] }),
    pretty.replace(/\n}\n$/, ',\n  "b": {\n    "c": [\n      1\n    ]\n  }\n}\n'),
  );
  assert.equal(
    await appendValue(pretty, ["list"], { name: "y" }),
    pretty.replace(/\n {2}\]/, ',\n    {\n      "name": "y"\n    }\n  ]'),
  );
  const tabs = '{\r\n\t"list": []\r\n}';
  assert.equal(
    await appendValue(tabs, ["list"], { b: 1 }),
    '{\r\n\t"list": [\r\n\t\t{\r\n\t\t\t"b": 1\r\n\t\t}\r\n\t]\r\n}',
  );
  assert.equal(await setValue('{"a":1}', ["b"], [1, 2]), '{"a":1,"b":[1,2]}');
  assert.equal(await setValue('{"a": 1}\n', ["b"], [1, 2]), '{"a": 1, "b": [1,2]}\n');
  assert.equal(await setValue("{}", ["b"], 1), '{"b": 1}');
  assert.equal(await setValue("{\n}", ["b"], 1), '{\n  "b": 1\n}');
});

Deno.test("removing takes one comma along", async () => {
  const list = "[1, 2 , 3]";
  assert.equal(await removeValue(list, [0]), "[2 , 3]");
  assert.equal(await removeValue(list, [1]), "[1 , 3]");
  assert.equal(await removeValue(list, [2]), "[1, 2]");
  assert.equal(await removeValue("[ 1 ]", [0]), "[]");
  assert.equal(await removeValue('{"a":1,"b":2}', ["c"]), '{"a":1,"b":2}');
});

Deno.test("of a name given twice the last one is changed, and both are removed", async () => {
  const twice = '{"a":1,"b":2,"a":3}';
  assert.equal(await setValue(twice, ["a"], 4), '{"a":1,"b":2,"a":4}');
  assert.equal(await removeValue(twice, ["a"]), '{"b":2}');
});

Deno.test("keys that mean something to JavaScript are keys like others", async () => {
  let text = '{"__proto__":{"x":1},"constructor":1}';
  text = await setValue(text, ["__proto__", "x"], 2);
  text = await setValue(text, ["toString"], {});
  text = await setValue(
    text,
    [],
    JSON.parse('{"__proto__":{"x":2},"toString":{},"hasOwnProperty":{}}'),
  );
  assert.equal(text, '{"__proto__":{"x":2},"toString":{},"hasOwnProperty":{}}');
  text = await setValue("{}", [], JSON.parse('{"__proto__":{}}'));
  assert.equal(text, '{"__proto__": {}}');
});
