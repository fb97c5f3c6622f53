/** From a client's servers to ours. */
import assert from "node:assert/strict";
import { type FoundServer, planImport } from "../../lib/clients/import_plan.ts";
import { transfer } from "../../lib/clients/transfer.ts";
import { configSchema } from "../../lib/config/schema.ts";
import { withDefaults } from "../../lib/config/defaults.ts";
import { maskConfig } from "../../lib/config/secrets.ts";
import { clientOf } from "./helper.ts";

const common = { enabled: true, quarantined: false };

function taken(id: string, value: unknown, name = "s"): Record<string, unknown> {
  const server = transfer(clientOf(id), name, value, "/home/me");
  // What is handed on must be a server of ours.
  const parsed = configSchema.safeParse(withDefaults({ mcpServers: [server] }));
  assert(parsed.success, JSON.stringify(parsed.error?.issues));
  const { name: _, ...rest } = server;
  return rest as Record<string, unknown>;
}

function reason(id: string, value: unknown): string {
  try {
    transfer(clientOf(id), "s", value, "/home/me");
  } catch (error) {
    return (error as Error).message;
  }
  assert.fail(`taken over: ${JSON.stringify(value)}`);
}

Deno.test("servers that are started, as each client writes them", () => {
  const plain = { command: "npx", args: ["-y", "x"], env: { A: "1" } };
  const stdio = { ...common, protocol: "stdio", ...plain };
  assert.deepEqual(taken("claude-desktop", plain), stdio);
  assert.deepEqual(taken("vscode", { type: "stdio", ...plain, cwd: "${userHome}/x" }), {
    ...stdio,
    working_dir: "/home/me/x",
  });
  assert.deepEqual(taken("windsurf", { ...plain, disabled: true, disabledTools: ["t"] }), {
    ...stdio,
    enabled: false,
  });
  assert.deepEqual(taken("zed", { source: "custom", ...plain, enabled: false }), {
    ...stdio,
    enabled: false,
  });
  assert.deepEqual(
    taken("zed", { command: { path: "npx", args: ["-y", "x"], env: { A: "1" } } }),
    stdio,
  );
  assert.deepEqual(
    taken("codex", { command: "x", env_vars: ["TOKEN", { name: "B" }], env: { A: "1" } }),
    {
      ...common,
      protocol: "stdio",
      command: "x",
      args: [],
      env: { TOKEN: "${env:TOKEN}", B: "${env:B}", A: "1" },
    },
  );
  assert.deepEqual(taken("cursor", { command: "x", args: [1, true], env: { P: 8080, N: null } }), {
    ...common,
    protocol: "stdio",
    command: "x",
    args: ["1", "true"],
    env: { P: "8080" },
  });
});

Deno.test("servers that are reached, as each client writes them", () => {
  const url = "https://example.com/mcp";
  const reached = (more: Record<string, unknown>) => ({ ...common, url, ...more });
  const headers = { A: "b" };
  assert.deepEqual(taken("cursor", { url }), reached({}));
  assert.deepEqual(
    taken("claude-code", { type: "http", url, headers }),
    reached({ protocol: "http", headers }),
  );
  assert.deepEqual(taken("vscode", { type: "sse", url }), reached({ protocol: "sse" }));
  assert.deepEqual(taken("windsurf", { serverUrl: url, headers }), reached({ headers }));
  assert.deepEqual(taken("gemini", { httpUrl: url }), reached({ protocol: "http" }));
  assert.deepEqual(taken("gemini", { url }), reached({ protocol: "sse" }));
  assert.deepEqual(taken("gemini", { url, type: "http" }), reached({ protocol: "http" }));
  assert.deepEqual(
    taken("windsurf", { url, type: "streamableHttp" }),
    reached({ protocol: "streamable-http" }),
  );
  assert.deepEqual(
    taken("codex", {
      url,
      http_headers: headers,
      env_http_headers: { K: "KEY" },
      bearer_token_env_var: "T",
    }),
    reached({
      protocol: "http",
      headers: { A: "b", K: "${env:KEY}", Authorization: "Bearer ${env:T}" },
    }),
  );
});

Deno.test("references become ours, or are told to stay behind", () => {
  const env = (id: string, value: string) => taken(id, { command: "x", env: { A: value } }).env;
  assert.deepEqual(env("cursor", "a${env:B}c"), { A: "a${env:B}c" });
  assert.deepEqual(env("claude-code", "Bearer ${B}"), { A: "Bearer ${env:B}" });
  assert.deepEqual(env("gemini", "$B-${C}"), { A: "${env:B}-${env:C}" });
  assert.deepEqual(env("claude-code", "$B"), { A: "$B" });
  assert.deepEqual(env("codex", "${B}"), { A: "${B}" });
  assert.equal(
    reason("vscode", { command: "x", args: ["-k", "${input:key}"] }),
    "args[1] asks for ${input:key}, which only VS Code can fill in",
  );
  assert.match(
    reason("cursor", { command: "${workspaceFolder}/x" }),
    /^command asks for \$\{workspaceFolder/,
  );
  assert.match(reason("claude-code", { url: "${U:-http://x}" }), /^url asks for/);
  assert.match(reason("vscode", { url: "https://x", headers: { K: "${input:k}" } }), /^headers\.K/);
  assert.match(
    reason("zed", { command: "x", env: { A: "${env:B}" } }),
    /would be a reference here/,
  );
  assert.match(reason("windsurf", { command: "x", env: { A: "${file:/k}" } }), /only Windsurf/);
});

Deno.test("what cannot work elsewhere says why, without any value", () => {
  const secret = "s3cr3t-0123456789";
  const cases: unknown[] = [
    null,
    [secret],
    {},
    { settings: { token: secret } },
    { command: "x", envFile: ".env" },
    { command: "x", args: secret },
    { command: "x", args: [{ secret }] },
    { command: "x", env: [secret] },
    { command: "x", env: { A: { secret } } },
    { type: "ws", url: `wss://${secret}` },
    { type: "http", command: secret },
  ];
  for (const value of cases) {
    const text = reason("vscode", value);
    assert(!text.includes(secret), text);
    assert.doesNotMatch(text, /undefined|\[object/);
  }
});

const here = [
  { name: "github", command: "npx", args: ["gh"], env: { T: "secret-one-1" } },
  { name: "taken", command: "other" },
  { name: "double", command: "a" },
  { name: "double-cursor", command: "b" },
].map(maskConfig);

function plan(servers: Record<string, unknown>, listen = "127.0.0.1:8080") {
  const client = clientOf("cursor");
  const found: FoundServer[] = Object.entries(servers).map(([name, value]) => ({
    client,
    name,
    value,
  }));
  return planImport(found, here, listen, "/home/me")
    .map(({ name, as, action, reason }) => [name, as, action, reason]);
}

Deno.test("names that are taken: the same server stays, another gets the client's name, or is skipped", () => {
  assert.deepEqual(
    plan({
      github: { command: "npx", args: ["gh"], env: { T: "secret-one-1" } },
      new: { command: "x" },
      taken: { command: "x" },
      double: { command: "x" },
      "a:b/c": { url: "https://x" },
      asks: { command: "${input:x}" },
    }),
    [
      ["github", "github", "present", null],
      ["new", "new", "add", null],
      ["taken", "taken-cursor", "add", '"taken" is another server here'],
      ["double", null, "skip", '"double" and "double-cursor" are other servers here'],
      ["a:b/c", "a-b-c", "add", null],
      ["asks", null, "skip", "command asks for ${input:x}, which only Cursor can fill in"],
    ],
  );
  // Another token is another server.
  assert.deepEqual(
    plan({ github: { command: "npx", args: ["gh"], env: { T: "secret-two-22" } } })[0]?.[1],
    "github-cursor",
  );
});

Deno.test("to plan twice is to plan the same, and what was added is there the second time", () => {
  const client = clientOf("cursor");
  const value = {
    command: "x",
    args: ["--token", "abcdefgh12345678"],
    env: { K: "0123456789abcdef" },
  };
  const found = ["taken", "github", "a:b"].map((name) => ({ client, name, value }));
  const first = planImport(found, here, "127.0.0.1:1", "/");
  const now = [...here, ...first.map(({ server }) => maskConfig({ ...server }))];
  const second = planImport(found, now, "127.0.0.1:1", "/");
  assert.deepEqual(
    second.map(({ as, action }) => [as, action]),
    first.map(({ as }) => [as, "present"]),
  );
  // The same server in two clients is taken over once.
  const both = [...found, ...found.map((server) => ({ ...server, client: clientOf("vscode") }))];
  assert.deepEqual(
    planImport(both, here, "127.0.0.1:1", "/").filter(({ action }) => action === "add").length,
    found.length,
  );
});

Deno.test("mcpproxy itself is left out, however it is reached", () => {
  const selves = {
    a: { command: "/usr/bin/mcpproxy", args: ["stdio"] },
    b: { url: "http://127.0.0.1:8080/mcp" },
    c: { type: "http", url: "http://localhost:8080/mcp/all" },
    d: { command: "npx", args: ["mcp-remote", "http://127.0.0.1:8080/mcp?x"] },
    e: { serverUrl: "http://[::1]:8080/mcp" },
  };
  assert.deepEqual(plan(selves), []);
  const others = {
    a: { url: "http://127.0.0.1:8081/mcp" },
    b: { url: "http://localhost:8080/other" },
    c: { url: "https://example.com:8080/mcp" },
  };
  assert.equal(plan(others).length, 3);
  assert.equal(plan({ b: { url: "http://127.0.0.1:8080/mcp" } }, "[::1]:8080").length, 0);
});
