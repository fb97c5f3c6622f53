/** `deno task demo`: a core in a throwaway data directory, with three real MCP servers from npm. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../lib/cli/main.ts";
import { say } from "../lib/terminal.ts";
import { createApiClient } from "../lib/client/api.ts";
import { connectToCore } from "../lib/client/connect.ts";
import type { Inputs } from "../lib/config/paths.ts";
import { operatingSystem } from "../lib/platform.ts";
import { version } from "../lib/version.ts";

const folder = Deno.makeTempDirSync({ prefix: "mcpproxy-demo-" });
const sample = join(folder, "sample");
Deno.mkdirSync(sample);
Deno.writeTextFileSync(join(sample, "hello.txt"), "Hello from a file behind mcpproxy.\n");

// Each server runs in the Deno that runs us, from the versions that deno.lock pins, with no more rights than it needs.
const lock = ["--config", fileURLToPath(new URL("../deno.json", import.meta.url))];
const server = (name: string, rights: string[], args: string[]) => ({
  name,
  command: Deno.execPath(),
  args: [
    "run",
    "-q",
    "--no-prompt",
    ...lock,
    ...rights,
    `npm:@modelcontextprotocol/server-${name}@2026.8.31`,
    ...args,
  ],
});
const config = {
  listen: "127.0.0.1:0",
  mcpServers: [
    server("everything", ["--allow-env", "--allow-read", "--allow-sys"], ["stdio"]),
    server("filesystem", ["--allow-env", "--allow-read", `--allow-write=${sample}`], [sample]),
    {
      ...server("memory", ["--allow-env", "--allow-read", `--allow-write=${folder}`], []),
      env: { MEMORY_FILE_PATH: join(folder, "memory.json") },
    },
  ],
};
const data = join(folder, "data");
Deno.mkdirSync(data, { mode: 0o700 });
Deno.writeTextFileSync(join(data, "mcp_config.json"), JSON.stringify(config, null, 2), {
  mode: 0o600,
});

say(`A demo in ${folder}, which is removed at the end (Ctrl+C).\n`);
let exitCode: number;
try {
  void showTools();
  exitCode = await run(["serve", "--data-dir", data, ...Deno.args]);
} finally {
  Deno.removeSync(folder, { recursive: true });
}
Deno.exit(exitCode);

/** Waits for the servers, then says what they offer, as any other program of this user could ask. */
async function showTools(): Promise<void> {
  const inputs = {
    flags: { dataDir: data },
    environment: Deno.env.toObject(),
    platform: operatingSystem,
    workingDirectory: Deno.cwd(),
  };
  for (let tries = 0; tries < 240; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    try {
      if (await toldTools(inputs)) return;
    } catch {
      // Not up yet; what keeps it from coming up, the core itself says.
    }
  }
}

async function toldTools(inputs: Inputs): Promise<boolean> {
  const transport = await connectToCore(inputs, `demo/${version}`);
  try {
    const client = createApiClient(transport);
    const { servers, stats } = await client.servers();
    if (stats.connected_servers < stats.total_servers) return false;
    say(`${stats.total_tools} tools are ready, asked over ${transport.address}:`);
    for (const { name } of servers) {
      const tools = await client.serverTools(name);
      say(`  ${name}: ${tools.map((tool) => tool.name).join(", ")}`);
    }
    return true;
  } finally {
    transport.close();
  }
}
