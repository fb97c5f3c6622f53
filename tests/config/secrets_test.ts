import assert from "node:assert/strict";
import fc from "fast-check";
import { maskConfig, maskSecret, secretsOf } from "../../lib/config/secrets.ts";
import { goConfig } from "./folder.ts";

/** Masks one server's fields and returns them. */
function masked(fields: Record<string, unknown>): Record<string, unknown> {
  return (maskConfig({ mcpServers: [fields] }).mcpServers as Record<string, unknown>[])[0]!;
}

Deno.test("a mask shows the last two characters, and none of a short secret", () => {
  assert.equal(maskSecret("abcdef"), "••••ef (6 chars)");
  assert.equal(maskSecret("abcde"), "•••• (5 chars)");
  assert.equal(maskSecret(""), "");
  assert.equal(maskSecret("🔑🔑🔑🔑🔑🗝"), "••••🔑🗝 (6 chars)");
});

Deno.test("go fault 30: no view of a config holds its key or any other secret", async () => {
  const text = JSON.stringify(maskConfig(JSON.parse(await goConfig())));
  for (
    const secret of [
      "4b1d0c64a7bd",
      "ghp_0123456789",
      "s3cr3t-client",
      "sntrys_secret",
      "production",
    ]
  ) {
    assert.ok(!text.includes(secret), secret);
  }
  const view = JSON.parse(text);
  assert.equal(view.api_key, "••••01 (64 chars)");
  assert.equal(view.mcpServers[0].headers.Authorization, "••••45 (47 chars)");
  assert.equal(view.mcpServers[1].env.API_TOKEN, "${env:FILES_TOKEN}");
  assert.equal(view.mcpServers[2].url, "https://mcp.sentry.dev/sse?apiKey=••••t1 (26 chars)");
  assert.equal(view.mcpServers[2].oauth.client_secret, "••••ue (19 chars)");
  assert.equal(view.mcpServers[2].oauth.client_id, "mcpproxy");
  assert.equal(view.tokenizer.encoding, "cl100k_base");
  assert.equal(view.mcpServers[1].args[2], "/home/user/projects");
});

Deno.test("secrets in arguments, command lines and URLs", () => {
  const table: [string[], string[]][] = [
    [["--token=hunter22"], ["--token=••••22 (8 chars)"]],
    [["--token=a b c d"], ["--token=••••\u0020d (7 chars)"]],
    [["--api-key", "hunter22", "-v"], ["--api-key", "••••22 (8 chars)", "-v"]],
    [["--no-auth", "--verbose"], ["--no-auth", "--verbose"]],
    [["-e", "DB_PASSWORD=hunter22"], ["-e", "DB_PASSWORD=••••22 (8 chars)"]],
    [["--header", "Authorization: Bearer hunter22"], [
      "--header",
      "Authorization: ••••22 (15 chars)",
    ]],
    [["--token=${env:T}", "TOKEN=${env:T}"], ["--token=${env:T}", "TOKEN=${env:T}"]],
    [["Authorization: Bearer ${env:T}"], ["Authorization: Bearer ${env:T}"]],
    [['{"apiKey":"hunter22","debug":true}'], ['{"apiKey":"••••22 (8 chars)","debug":true}']],
    [["npx x --password hunter22 --verbose"], ["npx x --password ••••22 (8 chars) --verbose"]],
    [["A_TOKEN='hunter22' npx"], ["A_TOKEN=••••px (14 chars)"]],
    [["env A_TOKEN='hunter22' npx"], ["env A_TOKEN='••••22 (8 chars)' npx"]],
    [["curl -H 'Authorization: Bearer hunter22'"], [
      "curl -H 'Authorization: Bearer ••••22 (8 chars)'",
    ]],
    [["x ghp_0123456789abcdef y"], ["x ••••ef (20 chars) y"]],
    [["https://hunter22@host/p"], ["https://••••22 (8 chars)@host/p"]],
    [["postgres://u:hunter22@host:5432/db"], [
      "postgres://•••• (1 chars):••••22 (8 chars)@host:5432/db",
    ]],
    [["DATABASE_URL=postgres://u:hunter22@host/db"], [
      "DATABASE_URL=postgres://•••• (1 chars):••••22 (8 chars)@host/db",
    ]],
    [["https://host/p?key=hunter22&region=eu#t"], [
      "https://host/p?key=••••22 (8 chars)&region=eu#t",
    ]],
    [["https://host/cb#access_token=hunter22"], ["https://host/cb#access_token=••••22 (8 chars)"]],
    [["https://host/s/0123456789abcdef0123/mcp"], ["https://host/s/••••23 (20 chars)/mcp"]],
    [["https://host/${env:KEY}/mcp?key=${env:KEY}"], [
      "https://host/${env:KEY}/mcp?key=${env:KEY}",
    ]],
    [["-y", "@modelcontextprotocol/server-everything@2026.8.31", "stdio"], [
      "-y",
      "@modelcontextprotocol/server-everything@2026.8.31",
      "stdio",
    ]],
  ];
  for (const [args, expected] of table) assert.deepEqual(masked({ args }).args, expected);
});

Deno.test("names that look secret, wherever they are", () => {
  assert.deepEqual(
    maskConfig({
      future: { authToken: "hunter22", pin: 123456, tokens: ["hunter22"], max: 5, on: true },
      monkey: "plain",
      tokenizer: "plain",
      "x-api-key": "hunter22",
    }),
    {
      future: {
        authToken: "••••22 (8 chars)",
        pin: "••••56 (6 chars)",
        tokens: ["••••22 (8 chars)"],
        max: 5,
        on: true,
      },
      monkey: "plain",
      tokenizer: "plain",
      "x-api-key": "••••22 (8 chars)",
    },
  );
});

Deno.test("env and header values are masked whatever they are called, references are shown", () => {
  const fields = {
    env: { MODE: "production", A: "${env:A}", B: "${env:A}${env:B}", C: "x${env:A}", E: "" },
    headers: { Accept: "text/plain", Authorization: "Bearer ${env:A}" },
  };
  assert.deepEqual(masked(fields), {
    env: {
      MODE: "••••on (10 chars)",
      A: "${env:A}",
      B: "${env:A}${env:B}",
      C: "••••A} (9 chars)",
      E: "",
    },
    headers: { Accept: "••••in (10 chars)", Authorization: "Bearer ${env:A}" },
  });
});

Deno.test("masking leaves the original and odd keys alone", () => {
  const raw = JSON.parse('{"__proto__": {"token": "hunter22"}, "api_key": "hunter22"}');
  const view = maskConfig(raw);
  assert.equal(raw.api_key, "hunter22");
  assert.equal(JSON.stringify(view).includes("hunter22"), false);
  assert.ok(Object.hasOwn(view, "__proto__"));
});

Deno.test("no secret of any shape shows through in the places where secrets stand", () => {
  // In one word: what holds blanks or quotes is cut at them in a command line.
  const secret = fc.stringMatching(/^[A-Za-z0-9_.~+-][A-Za-z0-9_.~+=-]{11,30}$/)
    .filter((text) => !text.startsWith("-") && !text.includes("chars"));
  fc.assert(fc.property(secret, (value) => {
    const view = JSON.stringify(maskConfig({
      api_key: value,
      mcpServers: [{
        env: { ANY: value },
        headers: { Any: `Bearer ${value}` },
        url: `https://u:${encodeURIComponent(value)}@h/p?token=${value}`,
        args: [
          `--secret=${value}`,
          "--password",
          value,
          `TOKEN=${value}`,
          `run --key ${value} now`,
        ],
        oauth: { client_secret: value, extra_params: { x: value } },
        unknown: [{ deeper: { refresh_token: value } }],
      }],
    }));
    return !view.includes(value);
  }));
});

Deno.test("hostile strings are masked in good time", () => {
  const long = 200_000;
  for (
    const text of [
      "a".repeat(long),
      "a=".repeat(long),
      "'".repeat(long) + "x",
      "https://" + "?".repeat(long),
      "https://" + "a=&".repeat(long),
      "${env:".repeat(long),
      "-".repeat(long),
      "token ".repeat(long),
      "[".repeat(long),
      '{"a":'.repeat(long),
      '"' + '\\"'.repeat(long),
    ]
  ) {
    const before = performance.now();
    maskConfig({ args: [text], [text.slice(0, 1000)]: text });
    secretsOf({ args: [text] }, {});
    assert.ok(performance.now() - before < 2_000, text.slice(0, 20));
  }
});

Deno.test("the secrets for the log: tokens and passwords, not ports and paths", async () => {
  const raw = JSON.parse(await goConfig());
  const found = secretsOf(raw, {
    FILES_TOKEN: "f1l3s-t0k3n",
    MCPPROXY_API_KEY: "from-environment",
  });
  for (
    const secret of [
      raw.api_key,
      "Bearer ghp_0123456789abcdefghijABCDEFGHIJ012345",
      "ghp_0123456789abcdefghijABCDEFGHIJ012345",
      "sntrys_secretsecretsecret1",
      "s3cr3t-client-value",
      "f1l3s-t0k3n",
      "from-environment",
    ]
  ) assert.ok(found.includes(secret), secret);
  const plain = {
    env: {
      PORT: "3000",
      DEBUG: "true",
      DIR: "/home/user1",
      NODE_ENV: "production",
      REF: "${env:HOME}",
    },
    url: "http://localhost:3000/mcp",
    args: ["-y", "server@1.2.3"],
  };
  assert.deepEqual(secretsOf({ mcpServers: [plain] }, { HOME: "/home/user1" }), []);
});

Deno.test("a secret is masked wherever it stands, also where nothing names it", () => {
  const secret = "wJalrXUtnFEMIbPxRfiCY";
  const masked = maskConfig({
    mcpServers: [{ name: "one", command: "server", args: ["--", secret], env: { KEY: secret } }],
    note: `the key is ${secret}`,
  });
  assert.ok(!JSON.stringify(masked).includes(secret), JSON.stringify(masked));
});
