/** The portable form: what it unpacks, where it refuses to, and that nothing of it shows through. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { operatingSystem } from "../../lib/platform.ts";
import { version } from "../../lib/version.ts";
import { Child } from "../support/child.ts";
import { testWithSecondUser } from "../support/second_user.ts";
import type { Finished } from "../support/sandbox.ts";
import { BareMachine, build, unixTest } from "./support/built.ts";

const built = await build(version);

/** The folder that the one start of a machine has unpacked. */
function unpacked(machine: BareMachine): string {
  const [name, ...more] = machine.cached();
  assert.match(name ?? "", /^program-[0-9a-f]{16}$/);
  assert.deepEqual(more, [], "and nothing beside it");
  return join(machine.cache, name!);
}

async function assertStarts(machine: BareMachine, env: Record<string, string> = {}): Promise<void> {
  const { code, stdout, stderr } = await machine.run([built.mcpproxy, "--version"], env);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, `${version}\n`);
  assert.equal(stderr, "");
}

function assertRefused({ code, stdout, stderr }: Finished, reason: RegExp): void {
  assert.match(stderr, reason);
  assert.equal(stderr.trimEnd().split("\n").length, 2, `what is wrong, and what to do:\n${stderr}`);
  assert.equal(code, 5);
  assert.equal(stdout, "");
}

unixTest(
  "one file starts on a machine without Deno, and unpacks once, for its user alone",
  async () => {
    await using machine = await BareMachine.create();
    await assertStarts(machine);
    const folder = unpacked(machine);
    for (const path of [machine.cache, folder]) {
      assert.equal(Deno.lstatSync(path).mode! & 0o777, 0o700, path);
    }
    const before = Deno.statSync(join(folder, "mcpproxy")).ino;
    await assertStarts(machine);
    const tray = await machine.run([built.tray, "--version"]);
    assert.equal(tray.stdout, `${version}\n`);
    assert.equal(
      Deno.statSync(join(unpacked(machine), "mcpproxy")).ino,
      before,
      "both use the same",
    );
  },
);

unixTest(
  "pid, signals, standard streams, exit codes and variables are the program's own",
  async () => {
    await using machine = await BareMachine.create();
    const mistyped = await machine.run([built.mcpproxy, "upstream", "restart"]);
    assert.equal(mistyped.code, 4);
    assert.match(mistyped.stderr, /missing required argument/);

    const data = join(machine.folder, "data");
    await using core = new Child("/bin/sh", {
      // Names that its script might use itself, and a umask that it must not change.
      args: [
        ...["-c", 'umask 027; exec "$@" 2>&1', "sh", built.mcpproxy],
        ...["serve", "--data-dir", data, "--listen", "127.0.0.1:0"],
      ],
      env: machine.environment({
        folder: "mine",
        self: "mine",
        base: "mine",
        me: "mine",
        LC_ALL: "C",
      }),
      cwd: machine.folder,
      clearEnv: true,
    });
    await core.line("Config");
    const runtime = JSON.parse(Deno.readTextFileSync(join(data, "runtime.json")));
    assert.equal(runtime.pid, core.pid);
    if (operatingSystem === "linux") { // nowhere else is there a /proc
      const environment = Deno.readTextFileSync(`/proc/${core.pid}/environ`).split("\0");
      const expected = machine.environment({
        folder: "mine",
        self: "mine",
        base: "mine",
        me: "mine",
      });
      for (const [name, value] of Object.entries(expected)) {
        assert(environment.includes(`${name}=${value}`), `${name} in ${environment.join(" ")}`);
      }
      assert(!environment.some((one) => one.startsWith("mcpproxy_")), environment.join(" "));
      assert.match(
        Deno.readTextFileSync(`/proc/${core.pid}/status`),
        /^Name:\tmcpproxy\nUmask:\t0027$/m,
      );
    }
    core.kill("SIGTERM");
    assert.equal((await core.end()).code, 0);
  },
);

unixTest("it is found by its name on PATH, by a relative path and through a link", async () => {
  await using machine = await BareMachine.create();
  const path = `${built.folder}:${machine.environment()["PATH"]}`;
  const autostart = ["autostart", "enable"];
  const { stdout } = await machine.run(["/bin/sh", "-c", "mcpproxy-tray autostart enable"], {
    PATH: path,
  });
  assert(stdout.includes(`from now on: ${built.tray}\n`), stdout);
  const relative = await machine.run(["./mcpproxy-tray", ...autostart], {}, built.folder);
  assert(relative.stdout.includes(`from now on: ${built.tray}\n`), relative.stdout);
  // A link stays what it is: where it leads may change.
  const link = join(machine.home, "tray");
  Deno.symlinkSync(built.tray, link);
  const linked = await machine.run([link, ...autostart]);
  assert(linked.stdout.includes(`from now on: ${link}\n`), linked.stdout);
  const written = Deno.readTextFileSync(
    join(machine.home, ".config", "autostart", "mcpproxy-tray.desktop"),
  );
  assert(!written.includes(".cache"), written);
});

unixTest("ten first starts at once: every one starts, and one copy is left", async () => {
  await using machine = await BareMachine.create();
  await Promise.all(Array.from({ length: 10 }, () => assertStarts(machine)));
  unpacked(machine);
});

unixTest("a damaged cache is noticed and made anew", async () => {
  await using machine = await BareMachine.create();
  await assertStarts(machine);
  const folder = unpacked(machine);
  const entry = join(folder, "main.js");
  const damages: Record<string, () => void> = {
    "the code was changed": () =>
      Deno.writeTextFileSync(entry, "x".repeat(Deno.statSync(entry).size)),
    "the code is missing": () => Deno.removeSync(entry),
    "the runtime was cut short": () => Deno.truncateSync(join(folder, "mcpproxy"), 1_000_000),
    "unpacking was never done": () => Deno.removeSync(join(folder, "whole")),
    "a file is too much": () => {
      Deno.writeTextFileSync(join(folder, "more.js"), "");
      Deno.utimeSync(join(folder, "more.js"), 0, 0);
    },
    "all is gone": () => Deno.removeSync(folder, { recursive: true }),
  };
  for (const [what, damage] of Object.entries(damages)) {
    damage();
    await assertStarts(machine).catch((cause) => {
      throw new Error(what, { cause });
    });
    assert.equal(unpacked(machine), folder, what);
    assert(Deno.readTextFileSync(entry).includes("import"), what);
  }
});

unixTest("a cache that others can change is refused, and nothing of it is started", async () => {
  await using machine = await BareMachine.create();
  await assertStarts(machine);
  const start = (env: Record<string, string> = {}) =>
    machine.run([built.mcpproxy, "--version"], env);

  Deno.chmodSync(machine.cache, 0o770);
  assertRefused(await start(), /mcpproxy can be written by others\nRun: chmod go-w '.*mcpproxy'/);
  Deno.chmodSync(machine.cache, 0o707);
  assertRefused(await start(), /can be written by others/);
  Deno.chmodSync(machine.cache, 0o700);
  Deno.chmodSync(unpacked(machine), 0o777);
  assertRefused(await start(), /program-.* can be written by others/);
  Deno.chmodSync(unpacked(machine), 0o700);
  await assertStarts(machine);

  const elsewhere = join(machine.folder, "elsewhere");
  Deno.renameSync(machine.cache, elsewhere);
  Deno.symlinkSync(elsewhere, machine.cache);
  assertRefused(await start(), /mcpproxy is a symbolic link/);
  Deno.removeSync(machine.cache);
  Deno.writeTextFileSync(machine.cache, "");
  assertRefused(await start(), /mcpproxy is no folder/);

  const open = join(machine.folder, "open");
  Deno.mkdirSync(join(open, "cache"), { recursive: true });
  Deno.chmodSync(open, 0o777);
  assertRefused(
    await start({ XDG_CACHE_HOME: join(open, "cache") }),
    /open can be written by everybody/,
  );
  Deno.chmodSync(open, 0o1777); // as /tmp is
  await assertStarts(machine, { XDG_CACHE_HOME: join(open, "cache") });
});

testWithSecondUser("a cache of another user is refused", async ({ uid, gid }) => {
  await using machine = await BareMachine.create();
  await assertStarts(machine);
  const start = (env: Record<string, string> = {}) =>
    machine.run([built.mcpproxy, "--version"], env);
  Deno.chownSync(unpacked(machine), uid, gid);
  assertRefused(await start(), new RegExp(`program-.* belongs to user ${uid}`));
  Deno.chownSync(machine.cache, uid, gid);
  assertRefused(await start(), new RegExp(`mcpproxy belongs to user ${uid}`));
  const theirs = join(machine.folder, "theirs");
  Deno.mkdirSync(theirs);
  Deno.chownSync(theirs, uid, gid);
  assertRefused(
    await start({ XDG_CACHE_HOME: theirs }),
    new RegExp(`theirs belongs to user ${uid}`),
  );
});

unixTest("where it cannot unpack, it says why, and leaves nothing behind", async () => {
  await using machine = await BareMachine.create();
  const homeless = await machine.run([built.mcpproxy, "--version"], { HOME: "/no/such/home" });
  assert.equal(homeless.code, 1);
  assert.match(homeless.stderr, /there is no home directory to unpack to\nSet HOME/);

  const short = join(machine.folder, "mcpproxy");
  Deno.copyFileSync(built.mcpproxy, short);
  Deno.truncateSync(short, 20_000_000);
  const damaged = await machine.run([short, "--version"]);
  assert.equal(damaged.code, 1);
  assert.match(
    damaged.stderr,
    /could not be unpacked .*\nIs there space for [0-9]+ MB\? .*damaged/,
  );
  assert.deepEqual(machine.cached(), []);
});
