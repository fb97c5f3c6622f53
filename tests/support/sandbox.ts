/** A HOME of its own to run mcpproxy in, which goes with everything in it when its test ends. */
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "./until.ts";

const project = fileURLToPath(new URL("../../", import.meta.url));

const denoRun = [
  Deno.execPath(),
  "run",
  "-q",
  "--no-prompt",
  "--config",
  join(project, "deno.json"),
];

/** A program that was built, to be tested in place of the checkout: `dist/mcpproxy`, with the tray's beside it. */
export const built: string | undefined = Deno.env.get("MCPPROXY_TEST_PROGRAM") || undefined;

/** What runs mcpproxy as `deno task serve` does, or what was built; the command and its arguments follow. */
export const mcpproxy: readonly string[] = built
  ? [resolve(built)]
  : [...denoRun, "-P=core", join(project, "main.ts")];

/** The same of the tray. */
export const mcpproxyTray: readonly string[] = built
  ? [`${resolve(built)}-tray`]
  : [...denoRun, "-P=tray", join(project, "tray.ts")];

/** A command that has ended. */
export interface Finished {
  code: number;
  stdout: string;
  stderr: string;
}

/** A folder with a HOME and a place for a data directory. */
export class Sandbox implements AsyncDisposable {
  readonly folder: string;
  readonly home: string;
  /** `<folder>/data`; made by `writeConfig` or by mcpproxy itself. */
  readonly dataDir: string;
  readonly configFile: string;
  /** What keeps a core away from the default data directory and off a fixed port. */
  readonly serveArguments: readonly string[];

  /** @param folder an empty one of ours, by its real path */
  private constructor(folder: string) {
    this.folder = folder;
    this.home = join(folder, "home");
    this.dataDir = join(folder, "data");
    this.configFile = join(this.dataDir, "mcp_config.json");
    this.serveArguments = ["--data-dir", this.dataDir, "--listen", "127.0.0.1:0"];
    Deno.mkdirSync(this.home, { mode: 0o700 });
  }

  /** Makes one; HOME is there and empty, the data directory is not there. */
  static async create(): Promise<Sandbox> {
    // In /tmp, since the temporary folder of macOS is too deep for a socket; its real path, since that is what is shown.
    const folder = await Deno.makeTempDir({ dir: "/tmp", prefix: "mcpproxy-e2e-" });
    return new Sandbox(await Deno.realPath(folder));
  }

  /** Our own environment without what configures mcpproxy, and with the sandbox's HOME. */
  environment(more: Record<string, string> = {}): Record<string, string> {
    const own = Object.entries(Deno.env.toObject())
      .filter(([name]) => !/^(MCPPROXY|XDG)_/.test(name));
    return {
      ...Object.fromEntries(own),
      ...{ HOME: this.home, DENO_DIR: denoDirectory, NO_COLOR: "1" },
      // What was built is unpacked once, not for every HOME.
      ...built ? { XDG_CACHE_HOME: join(dirname(resolve(built)), "cache") } : {},
      ...more,
    };
  }

  /** Writes the config file (0600), into a data directory (0700) that it makes if need be. */
  writeConfig(config: Record<string, unknown> | string): void {
    Deno.mkdirSync(this.dataDir, { recursive: true, mode: 0o700 });
    const text = typeof config === "string" ? config : JSON.stringify(config, null, 2);
    Deno.writeTextFileSync(this.configFile, text, { mode: 0o600 });
  }

  /** Runs a command of mcpproxy to its end. */
  async run(args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
    const [program, ...rest] = mcpproxy;
    const { code, stdout, stderr } = await new Deno.Command(program!, {
      args: [...rest, ...args],
      clearEnv: true,
      env: this.environment(env),
      cwd: this.folder,
      stdin: "null",
      signal: AbortSignal.timeout(60_000),
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout), stderr: text(stderr) };
  }

  /** Runs `serve` in the expectation that it ends by itself. */
  serve(args: readonly string[] = [], env: Record<string, string> = {}): Promise<Finished> {
    return this.run(["serve", ...this.serveArguments, ...args], env);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A server that was told to end may still be writing its last file.
    await until(() => remove(this.folder), `${this.folder} is removed`);
  }
}

function remove(folder: string): boolean {
  Deno.removeSync(folder, { recursive: true });
  return true;
}

/** Deno's cache, which must not move with HOME: everything would be fetched anew. */
export const denoDirectory: string = await findDenoDirectory();

async function findDenoDirectory(): Promise<string> {
  const given = Deno.env.get("DENO_DIR");
  if (given) return given;
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}
