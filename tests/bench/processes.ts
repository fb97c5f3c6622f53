/** The processes that are measured: the core, just as `deno task serve` runs it, and the floors. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import manifest from "../../deno.json" with { type: "json" };
import { type Address, connectTo, encodeRequest } from "./http_connection.ts";

const project = fileURLToPath(new URL("../..", import.meta.url));
const folder = fileURLToPath(new URL(".", import.meta.url));

/** A process that runs until it is stopped. */
export interface Running extends AsyncDisposable {
  pid: number;
  /** Where it listens. */
  socket: string;
  tcp: { hostname: string; port: number };
}

/** A core that runs in a data directory of its own, which goes with it. */
export interface RunningCore extends Running {
  dataDirectory: string;
  apiKey: string;
}

/**
 * What `deno task serve` runs, with another command than `serve` if wanted.
 * @param program a program that `deno task compile` made, to be run instead
 */
export function coreCommand(
  command: string,
  dataDirectory: string,
  program?: string,
): Deno.Command {
  if (program) return quietly(program, [command, "--data-dir", dataDirectory], "null");
  const [deno, ...args] = manifest.tasks.serve.command.split(" ");
  if (deno !== "deno" || args.pop() !== "serve") throw new Error("the task serve is another one");
  return denoCommand([...args, command, "--data-dir", dataDirectory], "null");
}

/** A program of the folder `floors`, in a plain Deno. */
export function floorCommand(
  program: string,
  args: string[] = [],
  stdout: "piped" | "null" = "null",
): Deno.Command {
  return denoCommand(["run", "-q", "-A", join(folder, "floors", program), ...args], stdout);
}

function denoCommand(args: string[], stdout: "piped" | "null"): Deno.Command {
  return quietly(Deno.execPath(), args, stdout);
}

function quietly(program: string, args: string[], stdout: "piped" | "null"): Deno.Command {
  return new Deno.Command(program, {
    args,
    cwd: project,
    stdin: "null",
    stdout,
    stderr: stdout === "piped" ? "inherit" : "null",
  });
}

/** Makes a data directory. @param servers the `mcpServers` of its config */
export async function makeDataDirectory(servers: unknown[], apiKey: string): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: "mcpproxy-bench-" }); // 0700
  const config = { listen: "127.0.0.1:0", api_key: apiKey, mcpServers: servers };
  await Deno.writeTextFile(join(directory, "mcp_config.json"), JSON.stringify(config), {
    mode: 0o600,
  });
  return directory;
}

/**
 * Starts a core.
 * @param servers the `mcpServers` of its config
 * @param program see {@linkcode coreCommand}
 * @returns it, once `/readyz` says so
 */
export async function startCore(
  servers: unknown[] = [],
  program?: string,
): Promise<RunningCore> {
  const apiKey = crypto.randomUUID();
  const dataDirectory = await makeDataDirectory(servers, apiKey);
  const socket = join(dataDirectory, "mcpproxy.sock");
  const process = coreCommand("serve", dataDirectory, program).spawn();
  await untilReady(process, { transport: "unix", path: socket });
  const runtime = JSON.parse(await Deno.readTextFile(join(dataDirectory, "runtime.json")));
  const { hostname, port } = new URL(`http://${runtime.listen_addr}`);
  return {
    pid: process.pid,
    socket,
    dataDirectory,
    tcp: { hostname, port: Number(port) },
    apiKey,
    async [Symbol.asyncDispose]() {
      await end(process);
      await Deno.remove(dataDirectory, { recursive: true });
    },
  };
}

/** Starts a floor that listens. @param args what follows the socket */
export async function startFloor(program: string, ...args: string[]): Promise<Running> {
  const directory = await Deno.makeTempDir({ prefix: "mcpproxy-bench-" });
  const socket = join(directory, "floor.sock");
  const process = floorCommand(program, [socket, ...args], "piped").spawn();
  const lines = process.stdout.getReader();
  const { value } = await lines.read();
  await lines.cancel();
  return {
    pid: process.pid,
    socket,
    tcp: JSON.parse(new TextDecoder().decode(value)),
    async [Symbol.asyncDispose]() {
      await end(process);
      await Deno.remove(directory, { recursive: true });
    },
  };
}

/** Ends a process and waits until it is gone. */
export async function end(process: Deno.ChildProcess): Promise<void> {
  process.kill("SIGTERM");
  await process.status;
}

const longestStartMs = 30_000;

/**
 * Asks for `/readyz` until the answer is 200.
 * @returns the time of that answer, by `performance.now()`
 */
export async function untilReady(process: Deno.ChildProcess, address: Address): Promise<number> {
  let exited = false;
  void process.status.then(() => exited = true);
  for (const begin = performance.now(); performance.now() < begin + longestStartMs;) {
    if (exited) throw new Error("it ended instead of getting ready");
    try {
      using connection = await connectTo(address);
      const { status } = await connection.exchange(encodeRequest("GET /readyz"));
      if (status === 200) return performance.now();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound || isRefusal(error))) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error("it does not get ready");
}

function isRefusal(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionRefused;
}

/** Resident memory in bytes; proc_pid_status(5). */
export async function residentMemory(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** Processor time used so far by the threads that are there, in seconds; `schedstat` of proc(5) has nanoseconds. */
export async function processorTime(pid: number): Promise<number> {
  let nanoseconds = 0;
  for await (const { name } of Deno.readDir(`/proc/${pid}/task`)) {
    const used = await Deno.readTextFile(`/proc/${pid}/task/${name}/schedstat`).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return "0"; // it has ended since it was listed
      throw error;
    });
    nanoseconds += parseInt(used);
  }
  return nanoseconds / 1e9;
}

/** Runs a program of this folder in a process of its own and hands back the JSON that it writes. */
export async function runHelper<Result>(program: string, plan: unknown): Promise<Result> {
  const args = ["run", "-q", "-A", join(folder, program), JSON.stringify(plan)];
  const { success, stdout } = await denoCommand(args, "piped").output();
  if (!success) throw new Error(`${program} failed`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Makes the programs as they are downloaded. @returns the core's; its folder goes when it is disposed */
export async function buildProgram(): Promise<AsyncDisposable & { path: string }> {
  const out = await Deno.makeTempDir({ prefix: "mcpproxy-bench-build-" });
  const args = ["run", "-q", "-A", join(project, "scripts", "compile.ts"), "--out", out];
  const { success } = await denoCommand(args, "null").spawn().status;
  if (!success) throw new Error("the programs cannot be made; see deno task compile");
  return {
    path: join(out, "mcpproxy"),
    [Symbol.asyncDispose]: () => Deno.remove(out, { recursive: true }),
  };
}
