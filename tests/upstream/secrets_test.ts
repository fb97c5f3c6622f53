import assert from "node:assert/strict";
import { redactor, secretsOf } from "../../lib/upstream/secrets.ts";
import { serverConfig } from "./helper.ts";

const configured = serverConfig({
  name: "x",
  command: "serve",
  args: ["--token=${env:A}", "--plain", "-v"],
  url: "https://me:pass%20word1@example.com/mcp?api_key=urlsecret1&page=abcdefgh",
  env: { LOG_LEVEL: "debugging", MY_API_KEY: "literalkey", OTHER: "pre-${env:B}-post" },
  headers: { Authorization: "Bearer headersecret", "X-Short": "ab" },
});
const expanded = {
  ...configured,
  args: ["--token=fromtheenvironment", "--plain", "-v"],
  env: { ...configured.env, OTHER: "pre-hidden value-post" },
};
const secrets = secretsOf(configured, expanded);

Deno.test("secrets: references, headers, named variables and parts of the URL are found", () => {
  for (
    const secret of [
      ...[
        "fromtheenvironment",
        "hidden value",
        "literalkey",
        "Bearer headersecret",
        "headersecret",
      ],
      ...["pass word1", "pass%20word1", "urlsecret1"],
    ]
  ) assert(secrets.includes(secret), secret);
});

Deno.test("secrets: ordinary values are left alone", () => {
  for (const value of ["debugging", "--plain", "-v", "abcdefgh", "ab", "serve"]) {
    assert(!secrets.includes(value), value);
  }
});

Deno.test("secrets: redaction leaves nothing, also of one that holds another", () => {
  const redact = redactor(secrets);
  const text =
    "Bearer headersecret, headersecret; https://me:pass%20word1@x?api_key=urlsecret1 fromtheenvironment!";
  assert.equal(redact(text), "***, ***; https://me:***@x?api_key=*** ***!");
});
