/** Secrets of the config, of the environment and of requests: they are in no answer, no event, no log and no message. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Core, startCore } from "../support/core.ts";
import { Sandbox } from "../support/sandbox.ts";
import { EventReader } from "./support/events.ts";
import { connectClient } from "./support/mcp_clients.ts";
import { fixtureServer } from "./support/servers.ts";

const secrets = {
  inEnv: "env-value-7f3Qz91LmN",
  behindReference: "referenced-Kp20sVb8x7",
  inHeader: "header-value-9Xw4Tt2RrE",
  inUrl: "url-password-5Gh8Jk3Lq",
  inQuery: "query-token-2Bn6Mv0Cx4",
  inArgument: "argument-key-8Ds1Fa7Gz",
  inUnknownField: "unknown-field-secret-3Hy6Uj",
  wrongKey: "wrong-key-of-a-client-4Rf7",
  sentInBody: "sent-in-a-body-1Qa2Ws3Ed4",
};

const config = {
  api_key: "0123456789abcdef".repeat(4),
  future_secret: secrets.inUnknownField,
  logging: { level: "trace", enable_file: true },
  mcpServers: [
    // It tells on its standard error what it was started with.
    secretive({ SERVICE_TOKEN: secrets.inEnv }, "${env:E2E_REFERENCED}"),
    fixtureServer("plain", { env: { API_TOKEN: secrets.inEnv } }),
    {
      name: "http",
      url: `http://user:${secrets.inUrl}@127.0.0.1:1/mcp?token=${secrets.inQuery}`,
      headers: { Authorization: `Bearer ${secrets.inHeader}`, "X-Custom": secrets.inHeader },
    },
    fixtureServer("ends", { name: "broken", env: { SERVICE_TOKEN: secrets.inEnv } }),
    { name: "missing", command: "/no/such/program", args: ["--api-key", secrets.inArgument] },
  ],
};
function secretive(env: Record<string, string>, argument: string): Record<string, unknown> {
  const server = fixtureServer("secretive", { env });
  return { ...server, args: [...server.args as string[], argument] };
}

/** Requests of every kind, good and bad. @returns all that was answered, headers included */
async function collect(core: Core): Promise<string[]> {
  const collected: string[] = [];
  const keep = async (response: Response) => {
    collected.push(JSON.stringify([...response.headers]), await response.text());
  };
  const names = ["secretive", "plain", "http", "broken", "missing"];
  const paths = [
    ...["/status", "/info", "/servers", "/config", "/connections", "/openapi.json", "/nothing"]
      .map((path) => `/api/v1${path}`),
    ...names.flatMap((name) => [`/api/v1/servers/${name}/tools`, `/api/v1/servers/${name}/logs`]),
    ...["/metrics", "/healthz", "/readyz", "/"],
  ];
  for (const path of paths) {
    await keep(await core.overSocket(path));
    await keep(await core.overTcp(path));
    await keep(await fetch(`http://${core.tcp}${path}?apikey=${secrets.wrongKey}`));
    await keep(
      await fetch(`http://${core.tcp}${path}`, {
        headers: { authorization: `Bearer ${secrets.wrongKey}` },
      }),
    );
  }
  const bodies = [
    `{"name": "x", "env": {"TOKEN": "${secrets.sentInBody}"}`,
    `{"name": "x:y", "command": "x", "env": {"TOKEN": "${secrets.sentInBody}"}}`,
    `{"name": "x", "command": "x", "env": "${secrets.sentInBody}"}`,
    `{"name": "x", "url": "nonsense ${secrets.sentInBody}", "protocol": "${secrets.sentInBody}"}`,
  ];
  for (const body of bodies) {
    const headers = { "content-type": "application/json" };
    await keep(await core.overTcp("/api/v1/servers", { method: "POST", headers, body }));
    await keep(await core.overTcp("/api/v1/servers/plain", { method: "PATCH", headers, body }));
    await keep(await core.overTcp("/mcp", { method: "POST", headers, body }));
  }
  for (const name of names) {
    await keep(await core.overTcp(`/api/v1/servers/${name}/restart`, { method: "POST" }));
  }
  return collected;
}

Deno.test("secrets appear in no answer, event, log or message of a whole run", async () => {
  await using sandbox = await Sandbox.create();
  const env = { E2E_REFERENCED: secrets.behindReference };
  const core = await startCore({ sandbox, config, env });
  const collected: string[] = [];
  try {
    await using events = await EventReader.open((init) => core.overSocket("/events", init));
    await Promise.all(["plain", "secretive"].map((name) => core.serverIs(name, "ready")));
    await Promise.all(["http", "broken", "missing"].map((name) => core.serverIs(name, "error")));
    collected.push(...await collect(core));
    await using client = await connectClient(core, "/mcp", "modern");
    for (const name of ["http", "broken", "missing"]) {
      collected.push(JSON.stringify(await client.call(`${name}:echo`)));
    }
    collected.push(JSON.stringify(await client.call("plain:refuse").catch((error) => error)));
    collected.push(JSON.stringify(await client.client.listTools()));
    const status = await sandbox.run([
      "status",
      "--data-dir",
      core.dataDir,
      "--log-level",
      "trace",
    ]);
    collected.push(status.stdout, status.stderr);
    // A config with a fault next to a secret.
    Deno.writeTextFileSync(
      sandbox.configFile,
      JSON.stringify(config).replace(
        '"mcpServers"',
        `"tools_limit": "${secrets.inEnv}", "mcpServers"`,
      ),
    );
    await events.next("config.reloaded", ({ payload }) => !payload.ok);
    collected.push(JSON.stringify(events.seen));
  } finally {
    await core[Symbol.asyncDispose]();
  }
  const logs = join(core.dataDir, "logs");
  const logFiles = [...Deno.readDirSync(logs)].map(({ name }) => join(logs, name));
  assert(logFiles.length > 0, "there is a log file");
  collected.push(core.output(), ...logFiles.map((path) => Deno.readTextFileSync(path)));
  assert.equal(Deno.statSync(logs).mode! & 0o7777, 0o700);

  const all = collected.join("\n");
  assert.match(all, /stderr: using \*+ and \*+/, "what the server said without its secrets");
  for (const [where, secret] of Object.entries({ ...secrets, apiKey: config.api_key })) {
    const at = all.indexOf(secret);
    assert(at < 0, `${where}: …${all.slice(Math.max(0, at - 200), at + 100)}…`);
  }
});

Deno.test("neither /info nor /config gives away the key", async () => {
  await using core = await startCore();
  for (const path of ["/info", "/config", "/status"]) {
    assert(!JSON.stringify(await core.api(path)).includes(core.apiKey), path);
  }
  assert.equal((await core.api("/info")).web_ui_url, null);
  assert.match((await core.api("/config")).config.api_key, /^••••.{2} \(64 chars\)$/);
});

Deno.test("a server gets its own secrets and not those of the core or of other servers", async () => {
  await using core = await startCore({
    env: { MCPPROXY_API_KEY: "key-of-the-core-6Tg9", SOME_TOKEN: secrets.behindReference },
    config: {
      mcpServers: [
        fixtureServer("plain", { env: { OWN: "${env:SOME_TOKEN}" } }),
        fixtureServer("plain", { name: "other", env: { OTHER: "x" } }),
      ],
    },
  });
  await Promise.all(["plain", "other"].map((name) => core.serverIs(name, "ready")));
  await using client = await connectClient(core, "/mcp", "modern");
  const environmentOf = async (name: string) =>
    JSON.stringify(await client.call(`${name}:environment`));
  assert((await environmentOf("plain")).includes(secrets.behindReference));
  const other = await environmentOf("other");
  assert(!other.includes(secrets.behindReference) && !other.includes("key-of-the-core-6Tg9"));
});
