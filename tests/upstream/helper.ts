/** What the tests of upstreams share: configs of servers, upstreams with test settings, and waiting. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { ServerConfig } from "../../lib/config/schema.ts";
import { operatingSystem } from "../../lib/platform.ts";
import type { UpstreamOptions, UpstreamSettings } from "../../lib/upstream/options.ts";
import type { Upstreams } from "../../lib/upstream/types.ts";
import { createUpstreams } from "../../lib/upstream/upstreams.ts";

const fixture = fileURLToPath(new URL("./fixtures/server.ts", import.meta.url));

/** A config with defaults. */
export function serverConfig(fields: Partial<ServerConfig> & { name: string }): ServerConfig {
  return {
    ...{ protocol: "auto", enabled: true, quarantined: false, args: [], env: {}, headers: {} },
    ...fields,
  } as ServerConfig;
}

/** The fixture server in one of its modes; its name is the mode if no other is given. */
export function fixtureServer(
  mode: string,
  fields: Partial<ServerConfig> = {},
  ...args: string[]
): ServerConfig {
  return serverConfig({
    name: mode,
    command: Deno.execPath(),
    args: ["run", "-A", "--no-check", fixture, mode, ...args],
    ...fields,
  });
}

/** Arguments that run a server from npm. */
export function npmServer(name: string, ...args: string[]): string[] {
  return ["run", "-A", `npm:@modelcontextprotocol/${name}@2026.8.31`, ...args];
}

/** A server from npm over stdio. */
export function realServer(name: string, ...args: string[]): ServerConfig {
  return serverConfig({
    name,
    command: Deno.execPath(),
    args: npmServer(`server-${name}`, ...args),
  });
}

/** Settings as a fresh config has them, with no checks in the background. */
export const quietSettings: UpstreamSettings = {
  callToolTimeout: 20_000,
  initTimeout: 20_000,
  healthCheckInterval: 0,
  toolDiscoveryInterval: 0,
  dockerIsolation: { enabled: false },
};

/** Runs a test with upstreams that end with it, whatever happens. */
export async function withUpstreams(
  test: (upstreams: Upstreams, dataDirectory: string) => Promise<void>,
  settings: Partial<UpstreamSettings> = {},
  options: Partial<UpstreamOptions> = {},
): Promise<void> {
  const dataDirectory = await Deno.makeTempDir();
  const upstreams = createUpstreams({
    settings: () => ({ ...quietSettings, ...settings }),
    expand: (server) => server,
    childEnvironment: Deno.env.toObject(),
    dataDirectory,
    version: "0.0.0",
    ...options,
  });
  try {
    await test(upstreams, dataDirectory);
  } finally {
    await upstreams.stop();
    await Deno.remove(dataDirectory, { recursive: true });
  }
}

/** Waits until a condition holds. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  limit = 15_000,
): Promise<void> {
  const end = performance.now() + limit;
  while (!await condition()) {
    assert(performance.now() < end, `not within ${limit} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Waits until an upstream has reached a state. */
export async function untilState(upstreams: Upstreams, name: string, state: string): Promise<void> {
  await until(
    () => upstreams.get(name)?.state === state,
    `${name} ${state}`,
  ).catch((error) => {
    throw new Error(`${error.message}; it is ${JSON.stringify(upstreams.get(name))}`);
  });
}

/** The text of a tool's result. */
export async function callText(
  upstreams: Upstreams,
  name: string,
  tool: string,
  args: Record<string, unknown> = {},
): Promise<string> {
  const { content: [first] } = await upstreams.callTool(name, tool, args);
  assert(first?.type === "text");
  return first.text;
}

/** Whether a process runs; one that has ended and was not yet waited for does not, where the system tells. */
export function isRunning(pid: number): boolean {
  try {
    Deno.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    return operatingSystem !== "linux";
  }
}
