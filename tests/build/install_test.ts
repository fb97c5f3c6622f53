/** install.sh, in a throwaway home, with a local server standing for the releases. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { operatingSystem } from "../../lib/platform.ts";
import { version } from "../../lib/version.ts";
import type { Finished } from "../support/sandbox.ts";
import { BareMachine, build, type Built, unixTest } from "./support/built.ts";

const script = fileURLToPath(new URL("../../install.sh", import.meta.url));
const older = await build("0.0.9");
const built = await build(version);
const archive = `mcpproxy-${operatingSystem === "darwin" ? "macos" : "linux"}-${
  Deno.build.arch === "aarch64" ? "arm64" : "x64"
}.tar.gz`;

/** What a release holds, by name. */
type Files = Record<string, Uint8Array<ArrayBuffer> | string>;

async function release({ folder }: Built): Promise<Files> {
  if (operatingSystem === "windows") return {}; // of which no test runs
  const path = join(folder, archive);
  const args = ["-czf", path, "-C", folder, "mcpproxy", "mcpproxy-tray"];
  assert((await new Deno.Command("tar", { args }).output()).success);
  const bytes = await Deno.readFile(path);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  return {
    [archive]: bytes,
    SHA256SUMS: `${"0".repeat(64)}  another.tar.gz\n${digest}  ${archive}\n`,
  };
}

const release009 = await release(older);
const releaseNow = await release(built);

/** Serves releases by their paths, as GitHub does. */
class Releases implements AsyncDisposable {
  readonly files: Record<string, Files> = {};
  readonly #server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    (request) => {
      const [, folder, name] = /^\/(.+)\/([^/]+)$/.exec(new URL(request.url).pathname) ?? [];
      const file = this.files[folder ?? ""]?.[name ?? ""];
      return file === undefined ? new Response("none", { status: 404 }) : new Response(file);
    },
  );

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

/** Runs install.sh as `curl … | sh` does: it is read from standard input, and nobody is there to be asked. */
async function install(
  machine: BareMachine,
  releases: Pick<Releases, "url">,
  args: readonly string[] = [],
  { shell = "sh", path = "" }: { shell?: string; path?: string } = {},
): Promise<Finished> {
  const pipe = 'script=$1; shift; setsid=$(command -v setsid || :); cat "$script" | $setsid "$@"';
  return await machine.run(["sh", "-c", pipe, "sh", script, shell, "-s", "--", ...args], {
    MCPPROXY_RELEASES_URL: releases.url,
    ...path ? { PATH: path } : {},
  });
}

function folderOf(machine: BareMachine): string {
  return join(machine.home, ".local", "bin");
}

for (const shell of ["dash", "bash"]) {
  unixTest(`${shell}: install, upgrade in place, uninstall; the config stays`, async () => {
    await using machine = await BareMachine.create();
    await using releases = new Releases();
    releases.files["latest/download"] = release009;
    const first = await install(machine, releases, ["--no-autostart"], { shell });
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /mcpproxy 0\.0\.9 is in .*\.local\/bin\./);
    assert.match(first.stdout, /not on your PATH\. Add to .*: export PATH=/, "nobody to ask: no");
    const mcpproxy = join(folderOf(machine), "mcpproxy");
    assert.equal((await machine.run([mcpproxy, "--version"])).stdout, "0.0.9\n");

    const config = join(machine.home, ".mcpproxy", "mcp_config.json");
    Deno.mkdirSync(join(machine.home, ".mcpproxy"), { mode: 0o700 });
    Deno.writeTextFileSync(config, '{"api_key": "mine"}', { mode: 0o600 });
    Deno.writeTextFileSync(join(machine.home, ".profile"), "# mine\n");

    releases.files["latest/download"] = releaseNow;
    using running = await Deno.open(mcpproxy); // as a shell that still reads its script has it
    for (let times = 0; times < 2; times++) {
      const upgrade = await install(machine, releases, ["--yes"], { shell });
      assert.equal(upgrade.code, 0, upgrade.stderr);
    }
    assert.equal((await machine.run([mcpproxy, "--version"])).stdout, `${version}\n`);
    assert.equal(
      running.statSync().size,
      Deno.statSync(older.mcpproxy).size,
      "it was not written to",
    );
    assert.deepEqual(
      [...Deno.readDirSync(folderOf(machine))].map(({ name }) => name).sort(),
      ["mcpproxy", "mcpproxy-tray"],
    );
    assert.equal(
      Deno.readTextFileSync(join(machine.home, ".profile")),
      `# mine\n\n# mcpproxy\nexport PATH="${folderOf(machine)}:$PATH"\n`,
      "once",
    );
    const { stdout } = await machine.run([`${mcpproxy}-tray`, "autostart", "status"]);
    assert.match(stdout, /does not start at login/, "--yes is not for the tray");

    const started = await install(machine, releases, ["--autostart"], { shell });
    assert.match(started.stdout, /starts at login from now on: .*\.local\/bin\/mcpproxy-tray/);
    const gone = await install(machine, releases, ["--uninstall"], { shell });
    assert.equal(gone.code, 0, gone.stderr);
    assert.match(gone.stdout, /does not start at login[^]*Removed .*mcpproxy-tray[^]*stay in/);
    assert.deepEqual([...Deno.readDirSync(folderOf(machine))], []);
    assert.throws(() => Deno.lstatSync(machine.cache), Deno.errors.NotFound);
    assert.equal(Deno.readTextFileSync(config), '{"api_key": "mine"}');
  });
}

unixTest("wget does where there is no curl, and a version can be chosen", async () => {
  await using machine = await BareMachine.create();
  await using releases = new Releases();
  releases.files["download/v0.0.9"] = release009;
  const { PATH } = machine.environment();
  const path = join(machine.folder, "bin");
  Deno.mkdirSync(path);
  for (const { name } of Deno.readDirSync(PATH!)) {
    if (name !== "curl") Deno.symlinkSync(join(PATH!, name), join(path, name));
  }
  const { code, stdout, stderr } = await install(machine, releases, ["--version", "0.0.9"], {
    path,
  });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /mcpproxy 0\.0\.9 is in/);
});

unixTest("what fails, fails clearly, and leaves what was there", async () => {
  await using machine = await BareMachine.create();
  await using releases = new Releases();
  const good = releaseNow;
  releases.files["latest/download"] = good;
  const folder = folderOf(machine);
  Deno.mkdirSync(folder, { recursive: true });
  Deno.writeTextFileSync(join(folder, "mcpproxy"), "the former one");
  const assertFails = async (reason: RegExp, args: string[] = [], url = releases.url) => {
    const { code, stderr } = await install(machine, { url }, args);
    assert.match(stderr, reason);
    assert.equal(code, 1);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["mcpproxy"]);
    assert.equal(Deno.readTextFileSync(join(folder, "mcpproxy")), "the former one");
  };
  const bytes = good[archive] as Uint8Array<ArrayBuffer>;
  const changed = bytes.slice();
  changed[bytes.length - 1]! ^= 1;
  const published: [files: Files, reason: RegExp][] = [
    [
      { ...good, [archive]: changed },
      /is not what was published: its SHA-256 is .*\nNothing was installed/,
    ],
    [{ ...good, [archive]: bytes.slice(0, 1_000_000) }, /is not what was published/],
    [{ ...good, SHA256SUMS: "" }, /SHA256SUMS of .* tells nothing of mcpproxy-/],
    [{ [archive]: bytes }, /SHA256SUMS could not be downloaded/],
    [{ SHA256SUMS: good["SHA256SUMS"]! }, /tar\.gz could not be downloaded\n/],
  ];
  for (const [files, reason] of published) {
    releases.files["latest/download"] = files;
    await assertFails(reason);
  }
  releases.files["latest/download"] = good;
  await assertFails(/could not be downloaded/, ["--version", "9.9.9"]);
  await assertFails(
    /no https address to download from: http:\/\/192\.0\.2\.1/,
    [],
    "http://192.0.2.1",
  );
  await assertFails(/no version: \.\.\/x/, ["--version", "../x"]);
  await assertFails(/unknown option --nonsense\nRun: sh install\.sh --help/, ["--nonsense"]);
  await assertFails(/--to wants a value/, ["--to"]);
  await assertFails(/\/dev\/null\/x cannot be made\nGive another with --to/, [
    "--to",
    "/dev/null/x",
  ]);
});

unixTest("a download that is interrupted installs nothing", async () => {
  await using machine = await BareMachine.create();
  const good = releaseNow;
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    for await (const connection of listener) {
      const request = new Uint8Array(4_096);
      const length = await connection.read(request);
      const asked = new TextDecoder().decode(request.subarray(0, length ?? 0));
      const isSums = asked.includes("SHA256SUMS");
      const body = isSums ? new TextEncoder().encode(good["SHA256SUMS"] as string) : request;
      const promised = isSums ? body.length : 40_000_000;
      const head = `HTTP/1.1 200 OK\r\ncontent-length: ${promised}\r\nconnection: close\r\n\r\n`;
      await connection.write(new TextEncoder().encode(head));
      await connection.write(body);
      connection.close();
    }
  })();
  const { code, stderr } = await install(machine, {
    url: `http://127.0.0.1:${listener.addr.port}`,
  });
  listener.close();
  await serving;
  assert.equal(code, 1);
  assert.match(stderr, /tar\.gz could not be downloaded/);
  assert.deepEqual([...Deno.readDirSync(folderOf(machine))], []);
});

unixTest("of a script that was cut short, nothing runs", async () => {
  await using machine = await BareMachine.create();
  const text = Deno.readTextFileSync(script);
  for (const part of [0.3, 0.6, 0.9]) {
    const cut = join(machine.folder, "cut.sh");
    Deno.writeTextFileSync(cut, text.slice(0, text.length * part));
    const { stdout } = await machine.run(["sh", cut, "--uninstall"]);
    assert.equal(stdout, "");
  }
  assert.deepEqual([...Deno.readDirSync(machine.home)], []);
});
