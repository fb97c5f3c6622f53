/** How the doctor judges what it has found out. */
import assert from "node:assert/strict";
import { checkChannel } from "../../../lib/cli/doctor/channel.ts";
import { reportOf } from "../../../lib/cli/doctor/report.ts";
import { checkFileSystem } from "../../../lib/cli/doctor/storage.ts";
import { operatingSystem } from "../../../lib/platform.ts";
import { temporaryFolder } from "../../support/temporary_folder.ts";
import { isLoopback, judgeKey } from "../../../lib/cli/doctor/access.ts";
import { judgeClock, judgePeer, judgeVersion } from "../../../lib/cli/doctor/core.ts";
import { processState } from "../../../lib/cli/doctor/process.ts";
import { judgeEntry, judgeState } from "../../../lib/cli/doctor/upstreams.ts";
import type { ConnectedClient, Server } from "../../../lib/client/api.ts";
import { configSchema, type ServerConfig } from "../../../lib/config/schema.ts";
import { withDefaults } from "../../../lib/config/defaults.ts";

Deno.test("a key is judged by how hard it is to guess, and never shown", async () => {
  const keys: [key: string, verdict: string][] = [
    ["", "failure"],
    ["secret", "failure"],
    ["your-api-key-here", "failure"],
    ["change_me_change_me_change_me_change_me", "failure"],
    ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "failure"],
    ["12345678901234567890123456789012", "failure"],
    ["mcpproxy-test-token", "failure"],
    ["Tr0ub4dor&3", "failure"],
    ["k9wz3mq8rv5xt2bn7", "warning"],
    ["abcdefghijklmnopqrst", "failure"],
    ["mcp_2c9d1a67-58f0-4e3b-9a41-7d06be8f51c3", "ok"],
  ];
  for (const [key, verdict] of keys) {
    const check = judgeKey(key, "the file");
    assert.equal(check.verdict, verdict, `${key}: ${check.evidence}`);
    if (key.length > 6) assert(!JSON.stringify(check).includes(key), key);
  }
  // As random as a digest, and the same at each run.
  for (let round = 0; round < 1_000; round++) {
    const text = new TextEncoder().encode(`key ${round}`);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
    const half = digest.slice(0, 16);
    for (const key of [digest.toHex(), half.toHex(), half.toBase64({ omitPadding: true })]) {
      assert.equal(judgeKey(key, "the file").verdict, "ok", key);
    }
  }
  assert.equal(judgeKey(undefined, "the file").verdict, "skipped");
});

Deno.test("an address is for this machine alone only if no resolver can say otherwise", () => {
  const addresses: [listen: string, alone: boolean][] = [
    ["127.0.0.1:8080", true],
    ["127.1.2.3:0", true],
    ["localhost:8080", true],
    ["[::1]:8080", true],
    [":8080", false],
    ["0.0.0.0:8080", false],
    ["[::]:8080", false],
    ["192.168.0.2:8080", false],
    ["me.localhost:8080", false],
    ["127.0.0.1.example:80", false],
    ["nowhere", false],
  ];
  for (const [listen, alone] of addresses) assert.equal(isLoopback(listen), alone, listen);
});

Deno.test("the core has to see this process of this user on the private channel", () => {
  const client = (fields: Partial<ConnectedClient>): ConnectedClient => ({
    ...{ source: "socket", remote_address: null, pid: 10, uid: 1000, executable: null },
    ...{ since: "", connections: 1, requests: 1 },
    ...fields,
  });
  const cases: [clients: Partial<ConnectedClient>[], verdict: string][] = [
    [[{}], "ok"],
    [[{ pid: 9 }, {}], "ok"],
    [[{ pid: 9 }], "failure"],
    [[{ uid: 0 }], "failure"],
    [[{ source: "tcp" }], "failure"],
    [[], "failure"],
    // macOS before it told process ids; one of another user among them is no answer.
    [[{ pid: null }], "ok"],
    [[{ pid: null }, { pid: null, uid: 0 }], "failure"],
  ];
  for (const [clients, verdict] of cases) {
    const connections = clients.map(client);
    assert.equal(judgePeer({ way: "unix", connections }, 10, 1000).verdict, verdict);
  }
  assert.equal(judgePeer({ way: "tcp", connections: [] }, 10, 1000).verdict, "skipped");
});

Deno.test("versions that differ say which side is to be renewed", () => {
  assert.equal(judgeVersion("0.2.0", "0.2.0").verdict, "ok");
  assert.match(judgeVersion("0.1.9", "0.2.0").mend!, /^Restart the core/);
  assert.match(judgeVersion("0.3.0", "0.2.0").mend!, /^Update this program/);
});

Deno.test("the clock may differ by what two looks at it take", () => {
  const now = Date.parse("2026-11-24T12:00:00.900Z");
  const seconds = Math.floor(now / 1000);
  assert.equal(judgeClock(now, null).verdict, "ok");
  for (const [difference, verdict] of [[0, "ok"], [-4, "ok"], [7, "warning"]] as const) {
    assert.equal(judgeClock(now, seconds + difference).verdict, verdict);
  }
  assert.equal(judgeClock(0, 0).verdict, "failure");
});

Deno.test("an entry that says one thing and does another is noticed", () => {
  const entry = (fields: Record<string, unknown>): ServerConfig =>
    configSchema.parse(withDefaults({ mcpServers: [{ name: "one", ...fields }] })).mcpServers[0]!;
  const cases: [fields: Record<string, unknown>, says: RegExp | null][] = [
    [{ command: "true" }, null],
    [{ url: "https://mcp.example/x", headers: { A: "b" } }, null],
    [{ url: "http://127.0.0.1:3000/", headers: { A: "b" } }, null],
    [{ url: "http://[::1]:3000/", headers: { A: "b" } }, null],
    [{ url: "http://mcp.example/" }, null],
    [{ url: "${env:URL}", headers: { A: "b" } }, null],
    [{ url: "http://mcp.example/", headers: { A: "b" } }, /clear text/],
    [{ url: "http://me:pass@mcp.example/" }, /clear text/],
    [{ url: "ftp://mcp.example/" }, /no http/],
    [{ url: "mcp.example" }, /no http/],
    [{ command: "true", url: "https://mcp.example/" }, /the command is used/],
    [{ command: "true", url: "https://mcp.example/", protocol: "http" }, /the url is used/],
    [{ command: "true", headers: { A: "b" } }, /headers are of no use/],
  ];
  for (const [fields, says] of cases) {
    const check = judgeEntry(entry(fields));
    assert.equal(check.verdict, says ? "warning" : "ok", JSON.stringify(fields));
    if (says) assert.match(check.evidence.join(), says);
  }
  const secret = judgeEntry(entry({ url: "https://me:hush@mcp.example/hush?key=hush" }));
  assert(!JSON.stringify(secret).includes("hush"));
});

Deno.test("the state of a server is told in the words of the core", () => {
  const server = (fields: Partial<Server>): Server => ({
    ...{ name: "one", protocol: "stdio", args: [], env: {}, headers: {}, enabled: true },
    ...{ quarantined: false, connected: false, connecting: false, status: "ready" as const },
    ...{ last_error: null, tool_count: 3, retry_count: 0, next_retry_at: null },
    health: {
      ...{ level: "healthy", admin_state: "enabled", summary: "summary" },
      ...{ detail: "", action: "" },
    },
    ...fields,
  });
  assert.equal(judgeState(server({})).verdict, "ok");
  assert.equal(judgeState(server({ status: "connecting" })).verdict, "warning");
  assert.equal(judgeState(server({ status: "quarantined" })).verdict, "skipped");
  const failed = { status: "error", last_error: "no such host", retry_count: 2 } as const;
  const check = judgeState(server(failed));
  assert.equal(check.verdict, "failure");
  assert.deepEqual(check.evidence, ["no such host", "tried 3 times"]);
  // Between two tries it is failing all the same.
  assert.equal(judgeState(server({ ...failed, status: "connecting" })).verdict, "failure");
});

Deno.test("what the core says about its channel is passed on", async () => {
  const running = (channel_error: string | null) => ({
    value: {
      ...{ pid: 1, version: "1.0.0", started_at: "", launched_by: "", listen_addr: "" },
      ...{ endpoint: null, channel_error },
    },
  });
  const facts = {
    inputs: { flags: {}, environment: {}, platform: operatingSystem, workingDirectory: "/" },
    ...{ dataDirectory: "/nowhere", settings: { unknown: "untold" }, isHeld: true },
  };
  const broken = await checkChannel({ ...facts, running: running("no sockets here") });
  assert.deepEqual(broken.checks.map(({ verdict }) => verdict), ["failure", "skipped", "skipped"]);
  assert(broken.checks[0]!.evidence.includes("no sockets here"));
  const off = await checkChannel({ ...facts, running: running(null) });
  assert.equal(off.checks[0]!.verdict, "warning");
});

Deno.test("a file system that can hold nothing of ours is found out by trying", () => {
  using folder = temporaryFolder();
  assert.equal(checkFileSystem(folder.path, true).verdict, "ok");
  assert.deepEqual([...Deno.readDirSync(folder.path)], [], "nothing is left behind");
  assert.equal(checkFileSystem(`${folder.path}/gone`, true).verdict, "failure");
});

Deno.test("a report keeps its form whatever the secrets are, and shows none of them", () => {
  const check = {
    ...{ id: "socket", subject: null, title: "Socket", verdict: "failure" } as const,
    ...{ evidence: ["it says failure and hush-hush"], mend: "Unset hush-hush." },
  };
  const report = reportOf(
    {
      ...{ checks: [check], configFile: "/a", dataDirectory: "/b", privateDirectory: "/b" },
      ...{ socket: null, secrets: ["hush-hush", "failure", "Socket"] },
    },
    [],
    "1.0.0",
  );
  assert.equal(report.checks[0]!.verdict, "failure");
  assert.deepEqual(report.checks[0]!.evidence, ["it says [redacted] and [redacted]"]);
  assert(!JSON.stringify(report).includes("hush-hush"));
});

Deno.test("a process lives or it does not", async () => {
  assert.equal(processState(Deno.pid), "ours");
  const child = new Deno.Command("true").spawn();
  await child.status;
  assert.equal(processState(child.pid), "gone");
});
