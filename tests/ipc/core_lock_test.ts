import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../../lib/errors.ts";
import {
  acquireCoreLock,
  corePid,
  DataDirectoryHeldError,
  isCoreRunning,
} from "../../lib/ipc/core_lock.ts";
import { operatingSystem } from "../../lib/platform.ts";
import { type Child, startModule } from "../support/child.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";
import { until } from "../support/until.ts";

const isWindows = operatingSystem === "windows";

/** A test of descriptors that children inherit, and of files that no Windows has. */
function testOnUnix(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, fn, ignore: isWindows });
}

const holder = (dataDirectory: string, ...more: string[]): Child =>
  startModule(new URL("fixtures/hold_lock.ts", import.meta.url), [dataDirectory, ...more]);

Deno.test("who has the lock is known by it, and it can be taken again when it was released", async () => {
  using folder = temporaryFolder();
  assert.equal(isCoreRunning(folder.path), false);
  assert.equal(corePid(folder.path), null);
  for (let times = 0; times < 3; times++) {
    const lock = await acquireCoreLock(folder.path);
    assert.equal(isCoreRunning(folder.path), true);
    assert.equal(corePid(folder.path), Deno.pid);
    lock.release();
    assert.equal(isCoreRunning(folder.path), false);
    assert.equal(corePid(folder.path), null);
  }
  const { mode } = Deno.statSync(join(folder.path, "core.lock"));
  if (!isWindows) assert.equal((mode ?? 0) & 0o777, 0o600);
});

Deno.test("asking does not make the file", () => {
  using folder = temporaryFolder();
  assert.equal(isCoreRunning(folder.path), false);
  assert.equal(isCoreRunning(join(folder.path, "nowhere")), false);
  assert.deepEqual([...Deno.readDirSync(folder.path)], []);
});

Deno.test("a second core is refused with exit code 3 and told who the first one is", async () => {
  using folder = temporaryFolder();
  await using first = holder(folder.path);
  await first.line(`held by ${first.pid}`);
  await assert.rejects(acquireCoreLock(folder.path), (error) => {
    assert(error instanceof DataDirectoryHeldError);
    assert.equal(error.exitCode, 3);
    assert.equal(error.pid, first.pid);
    assert(error.message.includes(`(pid ${first.pid}) holds the data directory ${folder.path}`));
    assert(error.next?.includes(`${isWindows ? "taskkill /f /pid" : "kill"} ${first.pid}`));
    return true;
  });
  await using second = holder(folder.path);
  assert.equal((await second.status).code, 3);
  await second.line(`refused: {"pid":${first.pid},"exitCode":3}`);
  await first.end();
  (await acquireCoreLock(folder.path)).release();
});

Deno.test("a holder that has written nothing that can be a pid is not called by one", async () => {
  using folder = temporaryFolder();
  for (const text of ["", "0\n", "-1\n", "12", "rm -rf\n", "99999999999999\n"]) {
    const path = join(folder.path, "core.lock");
    Deno.writeTextFileSync(path, text);
    using file = Deno.openSync(path, { read: true, write: true });
    file.lockSync(true);
    await assert.rejects(acquireCoreLock(folder.path), { pid: null, exitCode: 3 });
  }
});

Deno.test("the lock dies with a holder that is killed, and what that left is no obstacle", async () => {
  using folder = temporaryFolder();
  await using first = holder(folder.path);
  await first.line("held by");
  first.kill("SIGKILL");
  await first.status;
  assert.equal(isCoreRunning(folder.path), false);
  assert.equal(corePid(folder.path), null);
  (await acquireCoreLock(folder.path)).release();
});

testOnUnix("a child that outlives a killed core does not keep its lock", async () => {
  using folder = temporaryFolder();
  await using core = holder(folder.path, "child");
  const child = Number(/\d+/.exec(await core.line("child"))?.[0]);
  await core.line("held by");
  try {
    core.kill("SIGKILL");
    await core.status;
    assert.equal(isCoreRunning(folder.path), false);
    (await acquireCoreLock(folder.path)).release();
    if (operatingSystem === "linux") {
      assert.equal(Deno.readTextFileSync(`/proc/${child}/comm`), "sleep\n");
      const open = [...Deno.readDirSync(`/proc/${child}/fd`)].map(({ name }) =>
        Deno.readLinkSync(`/proc/${child}/fd/${name}`)
      );
      assert.deepEqual(open.filter((path) => path.startsWith(folder.path)), []);
    }
  } finally {
    Deno.kill(child, "SIGKILL");
  }
});

Deno.test("of twenty cores that start at once exactly one wins", async () => {
  using folder = temporaryFolder();
  const cores = Array.from({ length: 20 }, () => holder(folder.path));
  await using _ = {
    [Symbol.asyncDispose]: async () => {
      await Promise.all(cores.map((core) => core[Symbol.asyncDispose]()));
    },
  };
  const answers = await Promise.all(cores.map((core) => core.line(/held|refused/)));
  const winners = cores.filter((core) => core.lines.some((line) => line.startsWith("held")));
  assert.equal(winners.length, 1, answers.join("\n"));
  const pid = winners[0]!.pid;
  for (const answer of answers) {
    // Who came in the instant before the winner wrote its pid was not told it.
    assert.match(answer, new RegExp(`^held by ${pid}$|"pid":(${pid}|null),"exitCode":3`));
  }
  assert.equal(corePid(folder.path), pid);
});

Deno.test("clients that look again and again never keep a core from starting, nor see one where none is", async () => {
  using folder = temporaryFolder();
  const clients = [1, 2, 3].map(() =>
    startModule(new URL("fixtures/probe_lock.ts", import.meta.url), [folder.path])
  );
  await using _ = {
    [Symbol.asyncDispose]: async () => {
      await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
    },
  };
  await Promise.all(clients.map((client) => client.line("probing")));
  for (let starts = 0; starts < 100; starts++) {
    const lock = await acquireCoreLock(folder.path);
    assert.equal(isCoreRunning(folder.path), true);
    lock.release();
    assert.equal(isCoreRunning(folder.path), false);
  }
  for (const client of clients) {
    await client.end();
    await client.line(/^probes [1-9]/);
  }
});

testOnUnix(
  "a lock given back is free at once, also while another thread is starting a process",
  async () => {
    using folder = temporaryFolder();
    const workers = [1, 2].map(() =>
      new Worker(new URL("fixtures/start_processes.ts", import.meta.url), { type: "module" })
    );
    try {
      await Promise.all(
        workers.map((worker) => new Promise((resolve) => worker.onmessage = resolve)),
      );
      for (const end = Date.now() + 1_000; Date.now() < end;) {
        const lock = await acquireCoreLock(folder.path);
        lock.release();
        assert.equal(isCoreRunning(folder.path), false);
      }
    } finally {
      for (const worker of workers) worker.terminate();
    }
  },
);

Deno.test("go fault 18: a client that was stopped in the middle of its look does not pass for a core", async () => {
  using folder = temporaryFolder();
  (await acquireCoreLock(folder.path)).release();
  const client = Deno.openSync(join(folder.path, "core.lock"), { read: true });
  client.lockSync(false);
  assert.equal(isCoreRunning(folder.path), false);
  const starting = acquireCoreLock(folder.path);
  await until(() => !isCoreRunning(folder.path), "no core runs yet");
  setTimeout(() => client.close(), 400); // longer than any look takes
  const lock = await starting;
  assert.equal(isCoreRunning(folder.path), true);
  lock.release();
});

testOnUnix("what is not a regular file is not taken for the lock", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "core.lock");
  const elsewhere = join(folder.path, "elsewhere");
  Deno.writeTextFileSync(elsewhere, "kept");
  const kinds = {
    "symbolic link": () => Deno.symlinkSync(elsewhere, path),
    "dangling link": () => Deno.symlinkSync(join(folder.path, "nowhere"), path),
    directory: () => Deno.mkdirSync(path),
    FIFO: () => new Deno.Command("mkfifo", { args: [path] }).outputSync(),
  };
  for (const [kind, make] of Object.entries(kinds)) {
    make();
    const { ino } = Deno.lstatSync(path);
    await assert.rejects(acquireCoreLock(folder.path), (error) => {
      assert(error instanceof UserError, kind);
      assert.equal(error.exitCode, 5);
      assert(error.message.includes(path));
      return true;
    });
    assert.equal(isCoreRunning(folder.path), false);
    assert.equal(Deno.lstatSync(path).ino, ino);
    Deno.removeSync(path);
  }
  assert.equal(Deno.readTextFileSync(elsewhere), "kept");
});
