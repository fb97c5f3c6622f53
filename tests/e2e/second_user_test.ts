/** Another user of the machine against the core of this one, with real accounts. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ChannelError } from "../../lib/ipc/channel.ts";
import { openUnixChannel } from "../../lib/ipc/channel_unix.ts";
import { type Core, startCore } from "../support/core.ts";
import { mcpproxy, Sandbox } from "../support/sandbox.ts";
import { type SecondUser, testWithSecondUser } from "../support/second_user.ts";
import { sendRaw } from "./support/raw_http.ts";

const intruder = fileURLToPath(new URL("./fixtures/intruder.ts", import.meta.url));

/** A sandbox that the second user may pass through, so that only what mcpproxy itself does keeps it out. */
async function openSandbox(): Promise<Sandbox> {
  const sandbox = await Sandbox.create();
  Deno.chmodSync(sandbox.folder, 0o755);
  return sandbox;
}

interface Intrusion {
  attempts: number;
  connected: number;
  denied: number;
  bytes: number;
  received: string;
}

/** Lets the second user try to get in, for some time and some times at least. */
async function intrude(
  core: Core,
  user: SecondUser,
  milliseconds: number,
  attempts = 0,
): Promise<Intrusion> {
  const { folder } = core.sandbox;
  const script = join(folder, "intruder.ts");
  const cache = join(folder, "intruder-cache");
  Deno.copyFileSync(intruder, script);
  Deno.chmodSync(script, 0o644);
  Deno.mkdirSync(cache, { recursive: true });
  Deno.chownSync(cache, user.uid, user.gid);
  const { command, options } = user.as(Deno.execPath(), {
    args: [
      ...["run", "-q", "--no-config", "--no-lock", "--no-check", "-A"],
      ...[script, core.socket, String(milliseconds), String(attempts)],
    ],
    env: { HOME: cache, DENO_DIR: cache },
    cwd: "/",
  });
  const { code, stdout, stderr } = await new Deno.Command(command, {
    ...options,
    args: [...options.args ?? []],
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

async function rejectedPeers(core: Core): Promise<Record<string, number>> {
  const text = await (await core.overTcp("/metrics")).text();
  const lines = text.matchAll(/^mcpproxy_rejected_peers_total\{reason="(\w+)"\} ([0-9]+)$/gm);
  return Object.fromEntries([...lines].map(([, reason, count]) => [reason, Number(count)]));
}

testWithSecondUser(
  "another user cannot even connect, by the directory's mode and by the socket's",
  async (user) => {
    await using sandbox = await openSandbox();
    await using core = await startCore({ sandbox });
    for (const mode of [0o700, 0o755]) {
      Deno.chmodSync(core.dataDir, mode);
      const { attempts, connected, denied } = await intrude(core, user, 200);
      assert(attempts > 10);
      assert.equal(connected, 0);
      assert.equal(denied, attempts);
    }
    assert.equal((await rejectedPeers(core)).uid, 0);
  },
);

testWithSecondUser(
  "go fault 1: with every mode wide open another user gets nothing, and fifty clients of ours miss nothing",
  async (user) => {
    await using sandbox = await openSandbox();
    await using core = await startCore({ sandbox });
    Deno.chmodSync(core.dataDir, 0o755);
    Deno.chmodSync(core.socket, 0o666);

    let over = false;
    const failures: unknown[] = [];
    let answered = 0;
    const clients = Array.from({ length: 50 }, async (_, index) => {
      const channel = openUnixChannel(core.socket, `legitimate-${index}/1`);
      for (let round = index; !over; round++) {
        // Every tenth is one that is never sent twice.
        const [path, method, expected] = round % 10 === 0
          ? ["/api/v1/servers/nobody/restart", "POST", 404]
          : ["/api/v1/info", "GET", 200] as const;
        try {
          const response = await channel.fetch(path, { method });
          await response.body?.cancel();
          if (response.status === expected) answered++;
          else failures.push(`${method} ${path}: ${response.status}`);
        } catch (error) {
          failures.push(error);
        }
      }
      channel.close();
    });
    const { attempts, connected, bytes, received } = await intrude(core, user, 5_000, 2_000)
      .finally(() => over = true);
    await Promise.all(clients);

    assert(attempts >= 2_000);
    assert(connected > 1_000, `${connected} connections of ${attempts} attempts`);
    assert.equal(bytes, 0, received);
    assert.deepEqual(failures, []);
    assert(answered > 500, `${answered} answers`);
    assert.deepEqual((await core.api("/servers")).servers, [], "nothing was carried out");
    assert((await rejectedPeers(core)).uid! > 100);
    assert.match(core.output(), new RegExp(`rejected a peer.*uid \\(pid \\d+, uid ${user.uid}, `));
    assert.equal(core.exitCode, null);
  },
);

testWithSecondUser("a process of ours in a group that is not ours is turned away", async (user) => {
  await using core = await startCore();
  const client = `
    const client = Deno.createHttpClient({ proxy: { transport: "unix", path: ${
    JSON.stringify(core.socket)
  } } });
    const response = await fetch("http://localhost/api/v1/config", { client }).catch(() => null);
    console.log(response === null ? "cut off" : response.status);
  `;
  const asGroup = async (through: string[]) => {
    const [command, ...args] = [...through, Deno.execPath(), "eval", "--no-config", client];
    const { stdout } = await new Deno.Command(command!, { args, env: { NO_COLOR: "1" } }).output();
    return new TextDecoder().decode(stdout).trim();
  };
  assert.equal(await asGroup(["setpriv", "--"]), "200");
  assert.notEqual(await asGroup(["setpriv", `--regid=${user.gid}`, "--clear-groups", "--"]), "200");
  assert.equal((await rejectedPeers(core)).gid, 1);
});

testWithSecondUser(
  "exit 5: a data directory or a config file of another user is refused",
  async (user) => {
    await using sandbox = await Sandbox.create();
    sandbox.writeConfig({});
    Deno.chownSync(sandbox.dataDir, user.uid, user.gid);
    const directory = await sandbox.serve();
    assert.equal(directory.code, 5, directory.stderr);
    assert.match(directory.stderr, new RegExp(`data belongs to user ${user.uid}`));
    assert.match(directory.stderr, /--data-dir/);

    Deno.chownSync(sandbox.dataDir, 0, 0);
    Deno.chownSync(sandbox.configFile, user.uid, user.gid);
    const file = await sandbox.serve();
    assert.equal(file.code, 5, file.stderr);
    assert.match(
      file.stderr,
      new RegExp(`mcp_config.json belongs to another user \\(uid ${user.uid}\\)`),
    );
    assert.match(file.stderr, /chown/);
  },
);

testWithSecondUser(
  "a socket that another user has put in the way is neither used nor removed",
  async (user) => {
    await using sandbox = await Sandbox.create();
    const path = `/tmp/mcpproxy-e2e-${crypto.randomUUID().slice(0, 8)}.sock`;
    using _listener = Deno.listen({ transport: "unix", path }); // removes it in the end
    Deno.chownSync(path, user.uid, user.gid);
    Deno.chmodSync(path, 0o666);
    const finished = await sandbox.serve([`--tray-endpoint=unix://${path}`]);
    assert.equal(finished.code, 5, finished.stderr);
    assert.match(finished.stderr, new RegExp(`${path} is a socket of user ${user.uid}`));
    assert(Deno.lstatSync(path).isSocket);

    const channel = openUnixChannel(path, "e2e/1");
    await assert.rejects(channel.fetch("/readyz"), (error) => {
      assert(error instanceof ChannelError);
      assert.equal(error.fault, "untrusted");
      assert.match(error.message, /nothing was sent/);
      return true;
    });
    channel.close();
  },
);

testWithSecondUser(
  "go fault 1: root is turned away from the core of another user, which goes on",
  async (user) => {
    await using sandbox = await openSandbox();
    const { through, command, env } = await forUser(sandbox, user);
    await using core = await startCore({ sandbox, through, command, env });
    assert.equal(Deno.statSync(core.socket).uid, user.uid);

    for (let attempt = 0; attempt < 20; attempt++) {
      const answer = await sendRaw({ transport: "unix", path: core.socket }, {
        target: "/api/v1/config",
        headers: [["Host", "localhost"]],
      });
      assert.equal(answer.status, 0, answer.body);
    }
    await assert.rejects(core.overSocket("/readyz"), /belongs to user .*nothing was sent/);

    assert.equal(core.exitCode, null, core.output());
    const status = await core.overTcp("/api/v1/status");
    assert.equal((await status.json()).success, true);
    assert.match(core.output(), /rejected a peer.*uid \(pid \d+, uid 0, /);
    assert.equal((await core.stop()).code, 0);
  },
);

/** What the second user needs to run a core: Deno, project and packages where it may read them, and a HOME. */
async function forUser(sandbox: Sandbox, user: SecondUser) {
  sandbox.writeConfig({});
  const project = join(sandbox.folder, "project");
  const cache = join(sandbox.folder, "cache");
  const deno = join(sandbox.folder, "deno");
  const source = fileURLToPath(new URL("../../", import.meta.url));
  // Links where that is possible: it is some hundred megabytes.
  const script = `set -e; umask 022; mkdir "$1" "$2"
    cp -r "$3/lib" "$3/main.ts" "$3/deno.json" "$3/deno.lock" "$1"
    cp -rl "$4/npm" "$2/npm" 2>/dev/null || cp -r "$4/npm" "$2"
    cp -l "$9" "$8" 2>/dev/null || cp "$9" "$8"
    chown -R "$5" "$6" "$7"; chown "$5" "$1" "$2"`;
  const { DENO_DIR = "" } = sandbox.environment();
  const { success, stderr } = await new Deno.Command("/bin/sh", {
    args: [
      ...["-c", script, "sh", project, cache, source, DENO_DIR],
      ...[`${user.uid}:${user.gid}`, sandbox.home, sandbox.dataDir, deno, Deno.execPath()],
    ],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  const { command, options } = user.as("env");
  return {
    through: [command, ...options.args ?? []],
    command: mcpproxy.map((word) =>
      word === Deno.execPath() ? deno : word.replace(source, `${project}/`)
    ),
    env: { DENO_DIR: cache },
  };
}
