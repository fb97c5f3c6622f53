/** Configs of MCP servers for the cores under test: three real ones from npm, and one that misbehaves on demand. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const project = fileURLToPath(new URL("../../../", import.meta.url));
const denoRun = ["run", "-q", "--no-prompt", "--config", join(project, "deno.json"), "-A"];

/** An entry of `mcpServers`. */
export interface ServerEntry extends Record<string, unknown> {
  name: string;
}

/** How the servers of npm are started, by name; the filesystem server sees `folder`, the memory server keeps a file there. */
export function realCommands(folder: string): Record<string, string[]> {
  return {
    everything: ["everything", "stdio"],
    filesystem: ["filesystem", folder],
    memory: ["memory"],
  };
}

/**
 * The three real servers.
 * @param folder in which the filesystem server works and the memory server keeps its file
 * @param env more environment for each, such as a mark to find their processes by
 */
export function realServers(folder: string, env: Record<string, string> = {}): ServerEntry[] {
  return Object.entries(realCommands(folder)).map(([name, [server, ...args]]) => ({
    name,
    command: Deno.execPath(),
    args: [...denoRun, `npm:@modelcontextprotocol/server-${server}@2026.8.31`, ...args],
    env: { MEMORY_FILE_PATH: join(folder, "memory.jsonl"), ...env },
  }));
}

/** The names of the three. */
export const realNames = ["everything", "filesystem", "memory"];

const fixture = fileURLToPath(new URL("../../upstream/fixtures/server.ts", import.meta.url));

/**
 * A small server, started in a fraction of the time that a real one takes.
 * @param mode how it misbehaves; "plain" not at all
 * @param fields more fields of its config; its name is the mode if none is given
 */
export function fixtureServer(mode: string, fields: Record<string, unknown> = {}): ServerEntry {
  return {
    name: mode,
    command: Deno.execPath(),
    args: [...denoRun, "--no-check", fixture, mode],
    ...fields,
  };
}
