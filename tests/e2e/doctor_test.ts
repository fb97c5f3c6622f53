/** `mcpproxy doctor` on set-ups that are broken in one way each: it has to name exactly that fault. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Inputs } from "../../lib/config/paths.ts";
import { diagnose } from "../../lib/cli/doctor.ts";
import type { CheckId } from "../../lib/cli/doctor/catalogue.ts";
import { type System, thisSystem } from "../../lib/cli/doctor/system.ts";
import { operatingSystem } from "../../lib/platform.ts";
import { Sandbox } from "../support/sandbox.ts";
import { testWithSecondUser } from "../support/second_user.ts";
import { doctor, faultsOf, said } from "./support/doctor.ts";

const strongKey = "0f".repeat(4) + crypto.randomUUID().replaceAll("-", "");
/** A config in which nothing is wrong; no core runs, so any port will do. */
const sound = { listen: "127.0.0.1:0", api_key: strongKey, mcpServers: [] };
const inDataDir = (sandbox: Sandbox, name: string) => join(sandbox.dataDir, name);
const modeOf = (path: string) => (Deno.statSync(path).mode! & 0o7777).toString(8);

/** A socket on which nobody listens any more. */
function deadSocket(path: string): void {
  Deno.listen({ transport: "unix", path: `${path}.x` }).close();
  // Deno removes it when it is closed, so another name keeps it.
  const listener = Deno.listen({ transport: "unix", path: `${path}.x` });
  Deno.renameSync(`${path}.x`, path);
  listener.close();
}

interface Broken {
  name: string;
  /** Over {@linkcode sound}; or the text of the file. */
  config?: Record<string, unknown> | string;
  breakIt?: (sandbox: Sandbox) => void;
  args?: (sandbox: Sandbox) => string[];
  env?: (sandbox: Sandbox) => Record<string, string>;
  faults: readonly string[];
  /** What is said about the first of them. */
  says: RegExp;
  /** What is left after `--fix`; the same faults if not given. */
  afterFix?: readonly string[];
}

const server = (fields: Record<string, unknown>) => ({ mcpServers: [{ name: "one", ...fields }] });

const broken: Broken[] = [
  { name: "nothing", faults: [], says: /mode 0700, yours/ },
  {
    name: "a data directory that others may enter",
    breakIt: ({ dataDir }) => Deno.chmodSync(dataDir, 0o755),
    faults: ["data-directory"],
    says: /mode 0755, must be 0700\)\nRun: chmod 700 \S+data$/,
    afterFix: [],
  },
  {
    name: "a data directory that is missing",
    breakIt: ({ dataDir }) => Deno.removeSync(dataDir, { recursive: true }),
    faults: ["data-directory?"],
    says: /does not exist yet/,
    afterFix: [],
  },
  {
    name: "a data directory that is a file",
    breakIt({ dataDir }) {
      Deno.removeSync(dataDir, { recursive: true });
      Deno.writeTextFileSync(dataDir, "");
    },
    // Its config file cannot lie in it.
    faults: ["config-file", "data-directory"],
    says: /Not a directory|not a directory/,
  },
  {
    name: "a data directory in a folder that others may write",
    breakIt: ({ folder }) => Deno.chmodSync(folder, 0o777),
    faults: ["data-directory-parents"],
    says: /can be written by other users \(mode 0777\).*\nRun: chmod go-w /,
  },
  {
    name: "a config file that others may read",
    breakIt: ({ configFile }) => Deno.chmodSync(configFile, 0o644),
    faults: ["config-file?"],
    says: /can be read by other users \(mode 0644\)\nRun: chmod 600 /,
    afterFix: [],
  },
  {
    name: "a config file that others may write",
    breakIt: ({ configFile }) => Deno.chmodSync(configFile, 0o666),
    faults: ["config-file"],
    says: /can be changed by other users \(mode 0666\).*\nLook through it, then run: chmod 600 /,
    afterFix: [],
  },
  {
    name: "a config file that is no JSON",
    config: `{\n  "api_key": "${strongKey}" "x"\n}\n`,
    faults: ["config-contents"],
    says: /mcp_config\.json:2:\d+: a comma is expected\nEdit /,
  },
  {
    name: "a config file with two wrong fields",
    config: `{\n  "tools_limit": "many",\n  "mcpServers": [{ "name": "a:b", "command": "x" }]\n}\n`,
    faults: ["config-contents"],
    says: /mcp_config\.json:2:3: tools_limit: .*\n.*mcp_config\.json:3:\d+: mcpServers\[0\]\.name/,
  },
  {
    name: "a config file whose data directory is relative",
    config: { data_dir: "somewhere" },
    args: ({ configFile }) => ["--data-dir=", `--config=${configFile}`],
    faults: ["settings"],
    says: /data_dir is a relative path/,
  },
  {
    name: "a config file in a folder that others may write",
    breakIt({ folder, configFile }) {
      Deno.mkdirSync(join(folder, "open"));
      Deno.chmodSync(join(folder, "open"), 0o777);
      Deno.renameSync(configFile, join(folder, "open/mcp_config.json"));
    },
    args: ({ folder }) => [`--config=${folder}/open/mcp_config.json`],
    faults: ["config-file?"],
    says: /open can be written by other users/,
  },
  {
    name: "a log folder that is none",
    config: { logging: { enable_file: true, log_dir: "/dev/null" } },
    faults: ["log-directory"],
    says: /\/dev\/null is not a directory/,
  },
  {
    name: "an environment variable that is wrong",
    env: () => ({ MCPPROXY_LISTEN: "nowhere" }),
    faults: ["settings"],
    says: /MCPPROXY_LISTEN: expected "host:port"/,
  },
  {
    name: "a dead socket",
    breakIt: (sandbox) => deadSocket(inDataDir(sandbox, "mcpproxy.sock")),
    faults: ["socket?"],
    says: /left behind by a core that was killed/,
    afterFix: [],
  },
  {
    name: "a file at the socket's path",
    breakIt: (sandbox) => Deno.writeTextFileSync(inDataDir(sandbox, "mcpproxy.sock"), "x"),
    faults: ["socket"],
    says: /is no socket, mode \d+, of user \d+\n.*mv /,
  },
  {
    name: "a link at the socket's path",
    breakIt: (sandbox) => Deno.symlinkSync("/etc/passwd", inDataDir(sandbox, "mcpproxy.sock")),
    faults: ["socket"],
    says: /is a symbolic link/,
  },
  {
    name: "an endpoint in no folder",
    config: { tray_endpoint: "unix:///nowhere/x.sock" },
    faults: ["socket-folder"],
    says: /\/nowhere does not exist\nRun: mkdir -m 700/,
  },
  {
    name: "an endpoint that is too long",
    config: { tray_endpoint: `unix:///tmp/${"x".repeat(120)}` },
    faults: ["socket-folder"],
    says: /125 bytes/,
  },
  {
    name: "a lock that is no file",
    breakIt: (sandbox) => Deno.mkdirSync(inDataDir(sandbox, "core.lock")),
    faults: ["core-lock"],
    says: /core\.lock is not a regular file/,
  },
  {
    name: "a runtime.json without a core",
    breakIt: (sandbox) => Deno.writeTextFileSync(inDataDir(sandbox, "runtime.json"), "{}"),
    faults: ["runtime-file?"],
    says: /of a core that was killed/,
    afterFix: [],
  },
  {
    name: "a key that can be guessed",
    config: { api_key: "change-me-secret-1234" },
    faults: ["api-key"],
    says: /can be guessed: 21 characters, some \d+ bits .*\nDelete "api_key"/,
  },
  {
    name: "a key in the environment that can be guessed",
    env: () => ({ MCPPROXY_API_KEY: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" }),
    faults: ["api-key"],
    says: /from MCPPROXY_API_KEY\nUnset/,
  },
  {
    name: "an address for everybody",
    config: { listen: "0.0.0.0:0" },
    faults: ["listen-address?"],
    says: /can be reached from other machines.*\nwhat protects it: the API key/,
  },
  {
    name: "an address of another machine",
    config: { listen: "192.0.2.1:8080" },
    faults: ["listen-address?", "port"],
    says: /192\.0\.2\.1/,
  },
  {
    name: "no private channel",
    config: { enable_socket: false },
    faults: ["private-channel?"],
    says: /enable_socket is false/,
  },
  {
    name: "every host trusted",
    config: { trusted_hosts: ["*"] },
    faults: ["trusted-hosts?"],
    says: /rebinding/,
  },
  {
    name: "MCP without a key",
    config: { require_mcp_auth: false },
    faults: ["mcp-auth?"],
    says: /every user of this machine can call every tool/,
  },
  {
    name: "MCP without a key for everybody",
    config: { require_mcp_auth: false, listen: "0.0.0.0:0" },
    faults: ["listen-address?", "mcp-auth"],
    says: /reached from other machines/,
  },
  {
    name: "a command that is not there",
    config: server({ command: "no-such-program" }),
    faults: ["upstream-command of one"],
    says: /"no-such-program" is in no folder of PATH.* of this shell/,
  },
  {
    name: "a command line for a command",
    config: server({ command: "echo -n hello" }),
    faults: ["upstream-command of one"],
    says: /\nWrite "command": "echo" and the rest in "args"/,
  },
  {
    name: "a working directory that is not there",
    config: server({ command: "true", working_dir: "/nowhere" }),
    faults: ["upstream-command of one"],
    says: /Working directory not found: \/nowhere/,
  },
  {
    name: "variables that are not set",
    config: server({ command: "true", env: { A: "${env:NOT_SET_1}", B: "x${env:NOT_SET_2}" } }),
    faults: ["upstream-references of one"],
    says: /NOT_SET_1 is not set.*\nNOT_SET_2 is not set.*\nSet NOT_SET_1, NOT_SET_2 where/,
  },
  {
    name: "an entry with command and url",
    config: server({ command: "true", url: "http://127.0.0.1:1/" }),
    faults: ["upstream-entry of one?"],
    says: /both a command and a url; the command is used/,
  },
  {
    name: "a header that is sent in clear text",
    config: server({ url: "http://mcp.example/x", headers: { Authorization: "Bearer abcdef123" } }),
    faults: ["upstream-entry of one?"],
    says: /sent to mcp\.example in clear text/,
  },
  {
    name: "npx without Node",
    config: server({ command: "npx", args: ["-y", "x"] }),
    env: () => ({ PATH: "/nowhere" }),
    faults: ["node"],
    says: /npx is not on the PATH of this shell\nInstall Node/,
  },
  {
    name: "an autostart of a program that is gone",
    env(sandbox) {
      const folder = join(sandbox.home, ".config/autostart");
      Deno.mkdirSync(folder, { recursive: true });
      Deno.writeTextFileSync(
        join(folder, "mcpproxy-tray.desktop"),
        "[Desktop Entry]\nType=Application\nExec=/nowhere/mcpproxy-tray\n",
      );
      return {};
    },
    faults: operatingSystem === "linux" ? ["autostart?"] : [],
    says: /nowhere\/mcpproxy-tray, which does not exist|off/,
  },
];

/** The check that `says` is about. */
function firstOf({ faults }: Broken): CheckId {
  const [fault = "data-directory"] = faults;
  return fault.replace(/\?$/, "").split(" of ")[0] as CheckId;
}

async function examine(one: Broken): Promise<void> {
  await using sandbox = await Sandbox.create();
  const { config = {} } = one;
  sandbox.writeConfig(typeof config === "string" ? config : { ...sound, ...config });
  one.breakIt?.(sandbox);
  const env = one.env?.(sandbox) ?? {};
  const args = one.args?.(sandbox) ?? [];
  const report = await doctor(sandbox, args, env);
  assert.deepEqual(faultsOf(report), one.faults);
  assert.match(said(report, firstOf(one)), one.says);
  assert.deepEqual(report.fixed, []);
  assert(!JSON.stringify(report).includes(strongKey), "the key");

  const isMended = one.afterFix !== undefined;
  const fixed = await doctor(sandbox, [...args, "--fix"], env);
  assert.deepEqual(faultsOf(fixed), one.afterFix ?? one.faults);
  assert.equal(fixed.fixed.some(({ after }) => after !== null), isMended);
  if (isMended) assert.deepEqual(faultsOf(await doctor(sandbox, args, env)), one.afterFix);
}

for (const one of broken) {
  Deno.test(`doctor finds exactly what is wrong: ${one.name}`, () => examine(one));
}

/** In this process, on a machine that is as it is told to be. */
async function on(machine: Partial<System>): Promise<string[]> {
  await using sandbox = await Sandbox.create();
  sandbox.writeConfig(sound);
  const inputs: Inputs = {
    flags: { dataDir: sandbox.dataDir },
    environment: { HOME: sandbox.home, PATH: Deno.env.get("PATH") },
    platform: operatingSystem,
    workingDirectory: sandbox.folder,
  };
  return faultsOf(await diagnose(inputs, true, { ...thisSystem, ...machine }));
}

Deno.test("doctor judges free space, open files and the clock of whatever machine", async () => {
  const mebibyte = 1024 * 1024;
  const machines: [machine: Partial<System>, faults: string[]][] = [
    [{}, []],
    [{ freeBytes: () => 5 * mebibyte }, ["disk-space"]],
    [{ freeBytes: () => 50 * mebibyte }, ["disk-space?"]],
    [{
      freeBytes() {
        throw new Error("EIO");
      },
    }, ["disk-space"]],
    [{ descriptorLimit: () => Promise.resolve(100) }, ["descriptor-limit"]],
    [{ descriptorLimit: () => Promise.resolve(512) }, ["descriptor-limit?"]],
    [{ descriptorLimit: () => Promise.resolve(null) }, []],
    [{ now: () => Date.parse("1970-01-02T00:00:00Z") }, ["clock"]],
    [{ now: () => Date.parse("2201-01-02T00:00:00Z") }, ["clock"]],
  ];
  for (const [machine, faults] of machines) assert.deepEqual(await on(machine), faults);
});

Deno.test("doctor --fix follows no link and touches no file with another name", async () => {
  await using sandbox = await Sandbox.create();
  const elsewhere = join(sandbox.folder, "elsewhere.json");
  const folder = join(sandbox.folder, "folder");
  sandbox.writeConfig(sound);
  Deno.renameSync(sandbox.configFile, elsewhere);
  Deno.chmodSync(elsewhere, 0o666);
  Deno.symlinkSync(elsewhere, sandbox.configFile);
  const linked = await doctor(sandbox, ["--fix"]);
  assert.deepEqual(faultsOf(linked), ["config-file"]);
  assert.equal(linked.fixed[0]?.after, null);
  assert.match(linked.fixed[0]!.note!, /links are not followed/);
  assert.equal(modeOf(elsewhere), "666");

  Deno.removeSync(sandbox.configFile);
  Deno.linkSync(elsewhere, sandbox.configFile);
  const twice = await doctor(sandbox, ["--fix"]);
  assert.deepEqual(faultsOf(twice), ["config-file"]);
  assert.match(twice.fixed[0]!.note!, /other names/);
  assert.equal(modeOf(elsewhere), "666");

  Deno.removeSync(sandbox.configFile);
  Deno.renameSync(sandbox.dataDir, folder);
  Deno.chmodSync(folder, 0o755);
  Deno.symlinkSync(folder, sandbox.dataDir);
  const directory = await doctor(sandbox, ["--fix"]);
  assert.deepEqual(faultsOf(directory), ["data-directory"]);
  assert.match(said(directory, "data-directory"), new RegExp(`Run: chmod 700 ${folder}`));
  assert.equal(modeOf(folder), "755");
});

testWithSecondUser("doctor --fix touches nothing of another user", async (user) => {
  await using sandbox = await Sandbox.create();
  sandbox.writeConfig(sound);
  const own = (path: string, uid: number) => Deno.chownSync(path, uid, uid);
  const look = (path: string) => {
    const { uid, mode, ino } = Deno.lstatSync(path);
    return { uid, mode, ino };
  };
  const socket = inDataDir(sandbox, "mcpproxy.sock");
  const runtime = inDataDir(sandbox, "runtime.json");
  deadSocket(socket);
  Deno.writeTextFileSync(runtime, "{}");
  Deno.chmodSync(sandbox.configFile, 0o644);
  const cases: [path: string, faults: string[]][] = [
    [sandbox.configFile, ["config-file", "runtime-file?"]],
    [socket, ["runtime-file?", "socket"]],
    [runtime, ["runtime-file?"]],
  ];
  for (const [path, faults] of cases) {
    if (path === runtime) Deno.removeSync(socket);
    else if (path === socket) Deno.chmodSync(sandbox.configFile, 0o600);
    Deno.writeTextFileSync(runtime, "{}");
    own(path, user.uid);
    const before = look(path);
    assert.deepEqual(faultsOf(await doctor(sandbox)), faults);
    await doctor(sandbox, ["--fix"]);
    assert.deepEqual(look(path), before, path);
    own(path, 0);
  }
  // The folder above, and the folder itself.
  Deno.removeSync(runtime);
  Deno.chmodSync(sandbox.dataDir, 0o755);
  own(sandbox.folder, user.uid);
  const above = await doctor(sandbox, ["--fix"]);
  assert.deepEqual(faultsOf(above), ["data-directory", "data-directory-parents"]);
  assert.equal(modeOf(sandbox.dataDir), "755", "who owns the folder above could put another there");
  own(sandbox.folder, 0);
  own(sandbox.dataDir, user.uid);
  const itself = await doctor(sandbox, ["--fix"]);
  assert.deepEqual(faultsOf(itself), ["data-directory"]);
  assert.equal(modeOf(sandbox.dataDir), "755");
  own(sandbox.dataDir, 0);
});
