import assert from "node:assert/strict";
import { ConfigIssuesError } from "../../lib/config/error.ts";
import { parseJson } from "../../lib/config/json.ts";
import { parseConfig } from "../../lib/config/text.ts";

async function refusal(text: string): Promise<ConfigIssuesError> {
  try {
    await parseConfig(text, "/home/u/mcp_config.json");
  } catch (error) {
    assert.ok(error instanceof ConfigIssuesError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: `accepted: ${text.slice(0, 80)}` });
}

Deno.test("an empty text stands for the defaults", async () => {
  for (const text of ["", " \r\n\t", "{}"]) {
    assert.equal((await parseConfig(text, "c.json")).config.listen, "127.0.0.1:8080");
  }
});

Deno.test("a syntax error names file, line, column and what surrounds it, never a value", async () => {
  const table: [string, RegExp][] = [
    ['{\n  "listen": "a",\n}', /json:3:1: a property name .*comma too many/],
    ['{\n  "mcpServers": [1,]\n}', /json:2:20: mcpServers: a value is expected/],
    ['{\n  // hi\n  "listen": "a"\n}', /json:2:3: comments are not allowed/],
    ['{ "api_key": "s3cret" "listen": "x" }', /json:1:23: a comma is expected/],
    [
      '{\r\n"mcpServers": [{"env": {"TOKEN" "s3cret"}}]}',
      /json:2:33: mcpServers\[0\]\.env: a colon/,
    ],
    ['{"api_key": "s3cret', /json:1:13: a closing quote is missing/],
    ['{"api_key": "s3\ncret"}', /json:1:13: a closing quote is missing/],
    ['{"a": 01}', /json:1:8: a comma is expected/],
    ['{"a": NaN}', /json:1:7: this is no JSON value/],
    ["{'a': 1}", /json:1:2: this is no JSON value/],
    ['{"a": "\\x"}', /json:1:7: no such escape/],
    ['{"a": "\u0000"}', /json:1:7: control characters/],
    ['{"a": 1}\n{"b": 2}', /json:2:1: nothing may follow/],
    ['{"a":\u00a01}', /json:1:6: this is no JSON value/],
    ["[]", /json:1:1: expected an object in braces/],
    ["null", /json:1:1: expected an object in braces/],
    ['"s3cret"', /json:1:1: expected an object in braces/],
    ["{", /json:1:\d: a closing brace is missing/],
    ["garbage", /json:1:1: this is no JSON value/],
  ];
  for (const [text, expected] of table) {
    const { message, next } = await refusal(text);
    assert.match(message, expected, text);
    assert.doesNotMatch(message, /s3cret/);
    assert.match(next!, /Edit \/home\/u\/mcp_config.json/);
  }
});

Deno.test("a wrong value names line, column and field, never itself", async () => {
  const text = `{
  "tools_limit": "s3cret-1",
  "mcpServers": [
    { "name": "a", "command": "true" },
    {
      "name": "b",
      "command": "true",
      "env": { "OK": "x", "TOKEN": 53777 },
      "protocol": "s3cret-2"
    },
    { "command": "true" }
  ]
}`;
  const { message, issues } = await refusal(text);
  assert.deepEqual(issues.map(({ field, position }) => [field, position?.line, position?.column]), [
    ["tools_limit", 2, 3],
    ["mcpServers[1].protocol", 9, 7],
    ["mcpServers[1].env.TOKEN", 8, 27],
    ["mcpServers[2].name", 11, 5],
  ]);
  assert.match(message, /^\/home\/u\/mcp_config.json:2:3: tools_limit: /);
  assert.doesNotMatch(message, /s3cret|53777/);
});

Deno.test("of a name given twice the last one counts, in values and in errors", async () => {
  const { config } = await parseConfig('{"tools_limit": 1, "tools_limit": 2}', "c.json");
  assert.equal(config.tools_limit, 2);
  const { issues } = await refusal('{\n"tools_limit": 1,\n"tools_limit": true}');
  assert.equal(issues[0]!.position!.line, 3);
});

Deno.test("hostile texts are refused, or harmless, and quickly", async () => {
  const deep = 1_000_000;
  for (
    const text of [
      "[".repeat(deep),
      '{"a":'.repeat(deep) + "1" + "}".repeat(deep),
      `{"a": ${"[".repeat(deep)}${"]".repeat(deep)}}`,
      `/*"*/${"[".repeat(deep)}`,
      `"${'\\"'.repeat(deep)}`,
      `{"tools_limit": 1e999}`,
      `{"tools_limit": ${"9".repeat(10_000)}}`,
      `{"mcpServers": [{"name": "${"_".repeat(deep)}", "command": "true"}]}`,
    ]
  ) await refusal(text);

  const { config, raw } = await parseConfig(
    '{"__proto__": {"listen": "evil", "polluted": 1}, "constructor": {"prototype": {"polluted": 1}},' +
      '"mcpServers": [{"name": "a", "command": "true", "__proto__": {"url": "evil"}, "env": {"__proto__": "x"}}],' +
      '"x": "\\ud800"}',
    "c.json",
  );
  assert.equal(config.listen, "127.0.0.1:8080");
  assert.equal(config.mcpServers[0]!.url, undefined);
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
  assert.ok(Object.hasOwn(raw, "__proto__"));
});

Deno.test("ninety levels are no trouble", async () => {
  const raw = await parseJson(`{"a": ${"[".repeat(90)}${"]".repeat(90)}}`, "c.json");
  assert.ok(Array.isArray(raw.a));
});
