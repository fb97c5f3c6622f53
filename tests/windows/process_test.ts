/** Servers with a command: found, started, talked to, and ended with all that they have started. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findCommand } from "../../lib/find_command.ts";
import { environmentFor } from "../../lib/upstream/environment.ts";
import { WindowsChildProcesses } from "../../lib/upstream/process_windows.ts";
import { Child } from "../support/child.ts";
import { until } from "../support/until.ts";
import { folderOnWindows, testOnWindows } from "./support.ts";

const environment = environmentFor(Deno.env.toObject(), {});
const never = new AbortController().signal;

/** A batch file that shows what it was given by a program behind it, as npx.cmd does. */
function batchFile(folder: string, program: string): string {
  const path = join(folder, "tool with words.cmd");
  const script = join(folder, "show.ts");
  Deno.writeTextFileSync(script, program);
  Deno.writeTextFileSync(
    path,
    `@echo off\r\n"${Deno.execPath()}" run -q -A --no-check "${script}" %*\r\n`,
  );
  return path;
}

testOnWindows(
  "a batch file gets its arguments as they are, and none of them becomes a command",
  async () => {
    using folder = folderOnWindows();
    const path = batchFile(folder.path, "console.log(JSON.stringify(Deno.args));");
    const program = await findCommand("tool with words", folder.path, folder.path);
    assert.equal(program.toLowerCase(), path.toLowerCase());
    const injected = join(folder.path, "injected");
    const args = [
      ...["-y", "@scope/server", "a b", "", "C:\\dir\\", "%USERNAME%", "%", "100%", "!x!", "(a)"],
      ...[
        `"&echo x>${injected}&"`,
        `&echo x>${injected}`,
        `"|echo x>${injected}`,
        `^&echo x>${injected}`,
      ],
      ...['{"json": "with \\"quotes\\""}', "a>b", "<", ";,="],
    ];
    const child = await new WindowsChildProcesses().start(
      { program, args, directory: folder.path, environment },
      never,
    );
    const [text] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.stdin.close().catch(() => {}),
    ]);
    await child.end();
    assert.deepEqual(JSON.parse(text), args);
    assert.throws(() => Deno.statSync(injected), Deno.errors.NotFound);
  },
);

testOnWindows(
  "a server is ended with what it has started, though that ignores the end of its input",
  async () => {
    using folder = folderOnWindows();
    const pids = join(folder.path, "pids");
    const stays = `Deno.writeTextFileSync(${
      JSON.stringify(pids)
    }, Deno.pid + "\\n", { append: true });
    if (Deno.args[0] !== "last") new Deno.Command(Deno.execPath(), { args: ["run", "-A", "--no-check",
      import.meta.filename, "last"], stdin: "null", stdout: "null", stderr: "null" }).spawn();
    setInterval(() => {}, 1000);`;
    const child = await new WindowsChildProcesses().start({
      program: batchFile(folder.path, stays),
      args: [],
      directory: folder.path,
      environment,
    }, never);
    const running = await until(() => {
      const all = Deno.readTextFileSync(pids).trim().split("\n").map(Number);
      return all.length === 2 ? all : null;
    }, "both run");
    await Promise.all([child.stdin.close(), child.stdout.cancel(), child.stderr.cancel()]);
    await child.end();
    for (const pid of running) assert(!isRunning(pid), `${pid} still runs`);
  },
);

testOnWindows("a core that is killed leaves none of its servers", async () => {
  using folder = folderOnWindows();
  const pids = join(folder.path, "pids");
  const stays = `Deno.writeTextFileSync(${JSON.stringify(pids)}, String(Deno.pid));
    setInterval(() => {}, 1000);`;
  const program = batchFile(folder.path, stays);
  const module = fileURLToPath(new URL("fixtures/start_child.ts", import.meta.url));
  await using core = new Child(Deno.execPath(), {
    args: ["run", "-q", "-A", "--no-check", module, program, folder.path],
  });
  const pid = Number(await until(() => Deno.readTextFileSync(pids), "the server runs"));
  assert(isRunning(pid));
  core.kill("SIGKILL");
  await until(() => !isRunning(pid), "the server is gone");
});

function isRunning(pid: number): boolean {
  const kernel = Deno.dlopen("kernel32.dll", {
    OpenProcess: { parameters: ["u32", "i32", "u32"], result: "usize" },
    GetExitCodeProcess: { parameters: ["usize", "buffer"], result: "i32" },
    CloseHandle: { parameters: ["usize"], result: "i32" },
  });
  const process = kernel.symbols.OpenProcess(0x1000, 0, pid);
  const code = new Uint32Array(1);
  const stillActive = 259; // STILL_ACTIVE
  const runs = process !== 0n && kernel.symbols.GetExitCodeProcess(process, code) !== 0 &&
    code[0] === stillActive;
  if (process !== 0n) kernel.symbols.CloseHandle(process);
  kernel.close();
  return runs;
}
