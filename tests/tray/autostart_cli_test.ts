import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ExitCode } from "../../lib/errors.ts";
import { operatingSystem } from "../../lib/platform.ts";
import { version } from "../../lib/version.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

const project = fileURLToPath(new URL("../../", import.meta.url));

/** Runs the tray's command line as `deno task tray` does, with another HOME. */
async function tray(
  home: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-q", "--no-prompt", `--config=${join(project, "deno.json")}`, "-P=tray"],
      ...[join(project, "tray.ts"), ...args],
    ],
    // An empty variable counts as not set.
    env: {
      HOME: home,
      DENO_DIR: await denoDirectory(),
      XDG_CONFIG_HOME: "",
      MCPPROXY_DATA: "",
      ...env,
    },
    cwd: home,
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

async function denoDirectory(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

Deno.test({
  name:
    "command line: start at login is switched on with the options given, shown, and switched off",
  ignore: operatingSystem === "windows", // it would be the registry of whoever runs the tests
  async fn() {
    using home = temporaryFolder();
    const status = async () => (await tray(home.path, ["autostart", "status"])).stdout;
    assert.match(await status(), /^The tray does not start at login\.\nNoted in .*mcpproxy-tray/);

    const enabled = await tray(home.path, ["--data-dir", "data", "autostart", "enable"], {
      MCPPROXY_TRAY_ENDPOINT: "unix:///tmp/x.sock",
    });
    assert.equal(enabled.code, ExitCode.ok, enabled.stderr);
    assert.match(enabled.stdout, /starts at login from now on: .*tray\.ts --data-dir=/);
    assert(enabled.stdout.includes(`--data-dir=${home.path}/data`));
    assert(enabled.stdout.includes("--tray-endpoint=unix:///tmp/x.sock"));
    assert.match(await status(), /^The tray starts at login\.\n/);

    const disabled = await tray(home.path, ["autostart", "disable"]);
    assert.equal(disabled.code, ExitCode.ok, disabled.stderr);
    assert.match(await status(), /^The tray does not start at login\.\n/);
  },
});

Deno.test("command line: what it does not understand, it says in a line, and does not start", async () => {
  using home = temporaryFolder();
  for (const args of [["autostrat"], ["autostart", "on"], ["--nonsense"]]) {
    const { code, stderr } = await tray(home.path, args);
    assert.equal(code, ExitCode.configuration, args.join(" "));
    assert.match(stderr, /^mcpproxy-tray: unknown (command|option) '[^\n]*--help\n$/);
  }
  const incomplete = await tray(home.path, ["autostart"]);
  assert.equal(incomplete.code, ExitCode.general);
  assert.match(incomplete.stderr, /^Usage: mcpproxy-tray autostart/);
  assert.deepEqual([...Deno.readDirSync(home.path)], []);
});

Deno.test("command line: version and help", async () => {
  using home = temporaryFolder();
  assert.equal((await tray(home.path, ["--version"])).stdout, `${version}\n`);
  const { stdout } = await tray(home.path, ["--help"]);
  for (const word of ["--headless", "--config", "--data-dir", "--tray-endpoint", "autostart"]) {
    assert(stdout.includes(word), word);
  }
});

Deno.test("command line: without a home directory it says what to do, and no stack", async () => {
  using home = temporaryFolder();
  const { code, stderr } = await tray(home.path, ["autostart", "status"], {
    HOME: "",
    USERPROFILE: "",
  });
  if (operatingSystem === "windows") return; // the registry needs none
  assert.equal(code, ExitCode.general);
  assert.match(stderr, /^mcpproxy-tray: the home directory is unknown.*\. Set HOME.*\n$/);
});
