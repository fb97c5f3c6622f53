/** The portable form of both programs, made once for the tests of a file and removed with them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { operatingSystem } from "../../../lib/platform.ts";
import type { Finished } from "../../support/sandbox.ts";

const script = fileURLToPath(new URL("../../../scripts/compile.ts", import.meta.url));

/** A folder of programs. */
export interface Built {
  folder: string;
  mcpproxy: string;
  tray: string;
}

/**
 * Makes programs. Call it outside of tests, or their sanitizers would see it.
 * @param version that they say they have
 */
export async function build(version: string): Promise<Built> {
  const folder = await Deno.makeTempDir({ prefix: "mcpproxy-built-" });
  addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  const built = { folder, mcpproxy: join(folder, "mcpproxy"), tray: join(folder, "mcpproxy-tray") };
  if (operatingSystem === "windows") return built; // of which no test runs
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", script, "--portable", "--out", folder, "--as-version", version],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return built;
}

/** A test of what Windows does not have. */
export function unixTest(title: string, fn: () => Promise<void>): void {
  const ignore = operatingSystem === "windows";
  if (ignore) {
    // deno-lint-ignore no-console -- a test that does not run has to say so
    console.error(`not run, since Windows has no portable form: ${title}`);
  }
  Deno.test({ name: title, ignore, fn });
}

/** A machine with nothing of ours: an empty HOME, and no Deno or Node on its PATH. */
export class BareMachine implements AsyncDisposable {
  readonly folder: string;
  readonly home: string;
  /** `mcpproxy` of the cache. */
  readonly cache: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.home = join(folder, "home");
    this.cache = join(this.home, ".cache", "mcpproxy");
    Deno.mkdirSync(this.home, { mode: 0o700 });
  }

  /** Makes one. */
  static async create(): Promise<BareMachine> {
    for (const program of ["deno", "node", "npx"]) {
      const { success } = await new Deno.Command("/bin/sh", {
        args: ["-c", `command -v ${program}`],
        clearEnv: true,
        env: { PATH: barePath },
        stdout: "null",
      }).output();
      assert(!success, `${program} is on ${barePath}, so this machine is not bare`);
    }
    // Not below a folder that a test may not pass through; not too deep for a socket.
    const folder = await Deno.makeTempDir({ dir: "/tmp", prefix: "mcpproxy-bare-" });
    return new BareMachine(await Deno.realPath(folder));
  }

  /** All of the environment that programs get. */
  environment(more: Record<string, string> = {}): Record<string, string> {
    return { HOME: this.home, PATH: barePath, ...more };
  }

  /** Runs a command to its end. */
  async run(
    [program, ...args]: readonly string[],
    env: Record<string, string> = {},
    cwd = this.folder,
  ): Promise<Finished> {
    const { code, stdout, stderr } = await new Deno.Command(program!, {
      args,
      clearEnv: true,
      env: this.environment(env),
      cwd,
      stdin: "null",
      signal: AbortSignal.timeout(120_000),
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout), stderr: text(stderr) };
  }

  /** The names in the cache. */
  cached(): string[] {
    return [...Deno.readDirSync(this.cache)].map(({ name }) => name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** A PATH without node, which Debian has in /usr/bin. */
export const barePath: string = await makeBarePath();

async function makeBarePath(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "mcpproxy-bin-" });
  addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  const names =
    "sh dash bash env ls id find awk mkdir tail gzip tar rm rmdir mv ps cat curl wget mktemp sed cut head uname " +
    "chmod grep sha256sum shasum setsid sysctl xattr";
  for (const name of names.split(" ")) {
    for (const from of ["/usr/bin", "/bin"]) {
      const path = join(from, name);
      try {
        Deno.statSync(path);
      } catch {
        continue;
      }
      Deno.symlinkSync(path, join(folder, name));
      break;
    }
  }
  return folder;
}
