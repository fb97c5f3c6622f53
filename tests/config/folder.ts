/** A throwaway folder with a config in it. */
import { join } from "node:path";
import type { Flags, Inputs } from "../../lib/config/paths.ts";

/** A folder that is gone when its scope ends. */
export interface Folder extends AsyncDisposable {
  path: string;
  /** `mcp_config.json` in it. */
  config: string;
  /** Writes the config, 0600 unless told otherwise. */
  write(content: string | Uint8Array, mode?: number): Promise<void>;
  /** The config's text. */
  read(): Promise<string>;
  /** Inputs of a process whose data directory this is. */
  inputs(flags?: Flags, environment?: Record<string, string>): Inputs;
  /** Names of what lies in the folder, sorted. */
  list(): string[];
}

/**
 * Makes one.
 * @returns a folder of mode 0700
 */
export async function folder(): Promise<Folder> {
  const path = await Deno.realPath(await Deno.makeTempDir({ prefix: "mcpproxy_config_" }));
  const config = join(path, "mcp_config.json");
  return {
    path,
    config,
    async write(content, mode = 0o600) {
      await Deno.chmod(config, 0o600).catch(() => {});
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      await Deno.writeFile(config, bytes);
      await Deno.chmod(config, mode);
    },
    read: () => Deno.readTextFile(config),
    inputs: (flags = { dataDir: path }, environment = {}) => ({
      flags,
      environment: { HOME: join(path, "home"), ...environment },
      platform: "linux",
      workingDirectory: path,
    }),
    list: () => [...Deno.readDirSync(path)].map(({ name }) => name).sort(),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

/** The fixture as the Go program writes it: without a line end after the last brace. */
export async function goConfig(): Promise<string> {
  return (await Deno.readTextFile(new URL("fixtures/go_config.json", import.meta.url))).trimEnd();
}

/** Waits until a condition holds. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
): Promise<void> {
  for (const end = Date.now() + 15_000; Date.now() < end;) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`waited in vain: ${what}`);
}
