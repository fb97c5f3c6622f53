/** That no server outlives its core, however the core ends. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ServerConfig } from "../../lib/config/schema.ts";
import { operatingSystem } from "../../lib/platform.ts";
import { createUpstreams } from "../../lib/upstream/upstreams.ts";
import { fixtureServer, quietSettings, realServer, serverConfig, until } from "./helper.ts";

const coreFixture = fileURLToPath(new URL("./fixtures/core.ts", import.meta.url));

/** A process as ps shows it. */
interface ShownProcess {
  pid: number;
  parent: number;
  line: string;
}

/** Every process with its command and environment, except those that have ended. */
function processes(): ShownProcess[] {
  const args = operatingSystem === "darwin"
    ? ["-axEww", "-o", "pid=,ppid=,stat=,command="]
    : ["axeww", "-o", "pid=,ppid=,stat=,command="];
  const { stdout } = new Deno.Command("ps", { args }).outputSync();
  return new TextDecoder().decode(stdout).split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^\d+\s+\d+\s+Z/.test(line))
    .map((line) => ({
      pid: Number(line.split(/\s+/)[0]),
      parent: Number(line.split(/\s+/)[1]),
      line,
    }));
}

/** A core in a process of its own, and what it leaves behind. */
class Core {
  readonly mark = `MARK_${crypto.randomUUID().replaceAll("-", "")}`;
  readonly dataDirectory: string;
  readonly #process: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  #said = "";

  constructor(dataDirectory: string, servers: ServerConfig[]) {
    this.dataDirectory = dataDirectory;
    const marked = servers.map((server) => ({
      ...server,
      env: { ...server.env, MARK: this.mark },
    }));
    this.#process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", coreFixture, dataDirectory, JSON.stringify(marked)],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#lines = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Waits until it has said some words. */
  async says(...words: string[]): Promise<void> {
    while (!words.every((word) => this.#said.split("\n").includes(word))) {
      const { value, done } = await this.#lines.read();
      assert(!done, `the core ended; it said ${this.#said}`);
      this.#said += value;
    }
  }

  /** Its servers and what they have started. */
  servers(): ShownProcess[] {
    return processes().filter(({ line }) => line.includes(`MARK=${this.mark}`));
  }

  guardian(): ShownProcess | undefined {
    return processes().find(({ parent, line }) =>
      parent === this.#process.pid && line.includes("mcpproxy-guardian")
    );
  }

  /** Ends it as nothing can be prepared for. Resolves when its output has come to its end. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.status;
    while (!(await this.#lines.read()).done);
  }
}

async function withFolders(
  count: number,
  test: (folders: string[]) => Promise<void>,
): Promise<void> {
  const folders = await Promise.all(Array.from({ length: count }, () => Deno.makeTempDir()));
  try {
    await test(folders);
  } finally {
    for (const folder of folders) await Deno.remove(folder, { recursive: true });
  }
}

/** Servers that do not end because their input does. */
const stubborn = [
  serverConfig({ name: "sleep", command: "/bin/sleep", args: ["300"] }),
  fixtureServer("ignores_term"),
  fixtureServer("grandchild"),
];

Deno.test("children: after kill -9 of the core nothing of any server is left, nor the guardian", async () => {
  await withFolders(1, async ([folder]) => {
    const core = new Core(folder!, [...stubborn, realServer("everything", "stdio")]);
    await core.says("apply", "ignores_term", "grandchild", "everything");
    await until(() => core.servers().length >= 5, "all run");
    const guardian = core.guardian();
    assert(guardian !== undefined);
    const began = performance.now();
    await core.kill();
    assert(performance.now() - began < 1_500, "nobody holds the core's output open");
    await until(() => core.servers().length === 0, "all are gone");
    await until(() => !processes().some(({ pid }) => pid === guardian.pid), "the guardian is gone");
  });
});

Deno.test("children: nor when the core is killed at any moment of starting them", async () => {
  const rounds = 12;
  const servers = Array.from(
    { length: 6 },
    (_, index) => ({ ...stubborn[0]!, name: `sleep_${index}` }),
  );
  await withFolders(rounds, async (folders) => {
    const cores: Core[] = [];
    for (const [round, folder] of folders.entries()) {
      const core = new Core(folder, servers);
      cores.push(core);
      await core.says("apply");
      await new Promise((resolve) => setTimeout(resolve, round * 8)); // it takes some 60 ms
      await core.kill();
    }
    const started = folders.map((folder) => recorded(folder));
    assert(Math.max(...started) > 0, "none was caught in the middle");
    await until(() => cores.every((core) => core.servers().length === 0), "all are gone");
  });
});

Deno.test("children: a guardian that is killed is replaced, and its successor knows all", async () => {
  await withFolders(1, async ([folder]) => {
    const core = new Core(folder!, stubborn);
    await core.says("ignores_term", "grandchild");
    const first = core.guardian()!;
    Deno.kill(first.pid, "SIGTERM"); // which it does not heed
    Deno.kill(first.pid, "SIGKILL");
    await until(() => ![undefined, first.pid].includes(core.guardian()?.pid), "a second guardian");
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert(core.servers().length >= 4);
    await core.kill();
    await until(() => core.servers().length === 0, "all are gone");
  });
});

Deno.test("children: if core and guardian are killed together, the next core clears up", async () => {
  await withFolders(1, async ([folder]) => {
    const core = new Core(folder!, stubborn);
    await core.says("ignores_term", "grandchild");
    const guardian = core.guardian()!;
    Deno.kill(guardian.pid, "SIGSTOP"); // so that it does not notice the end of the core before it is killed
    await core.kill();
    Deno.kill(guardian.pid, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert(core.servers().length >= 2, "some have outlived both");
    await next(folder!);
    await until(() => core.servers().length === 0, "all are gone");
  });
});

Deno.test("children: an id that has gone to another process since is left alone", async () => {
  await withFolders(1, async ([folder]) => {
    const other = new Deno.Command("/bin/sleep", { args: ["60"], detached: true }).spawn();
    const record = [{ pid: other.pid, started: "another time" }, { pid: 1, started: "" }, {
      pid: -1,
    }, null];
    await Deno.writeTextFile(join(folder!, "children.json"), JSON.stringify(record));
    await next(folder!);
    Deno.kill(other.pid, 0); // throws if it is gone
    other.kill();
    await other.status;
  });
});

Deno.test("children: a record that cannot be read or written keeps nobody from starting", async () => {
  await withFolders(1, async ([folder]) => {
    await Deno.writeTextFile(join(folder!, "children.json"), '[{"pid": 12');
    await next(folder!);
    await next(join(folder!, "missing"));
  });
});

/** How many children a core has written down. */
function recorded(dataDirectory: string): number {
  try {
    return JSON.parse(Deno.readTextFileSync(join(dataDirectory, "children.json"))).length;
  } catch {
    return 0;
  }
}

/** A later core of the same data directory, which starts one server and ends. */
async function next(dataDirectory: string): Promise<void> {
  const upstreams = createUpstreams({
    settings: () => quietSettings,
    expand: (server) => server,
    childEnvironment: Deno.env.toObject(),
    dataDirectory,
    version: "0.0.0",
  });
  upstreams.apply([fixtureServer("plain")]);
  await until(() => upstreams.get("plain")?.state === "ready", "ready");
  await upstreams.stop();
}
