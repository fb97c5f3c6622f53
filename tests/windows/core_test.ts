/** The real core as a process, and our clients over its pipe: requests, events and MCP, restarts and second cores. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { startCore } from "../../lib/core.ts";
import type { Channel } from "../../lib/ipc/channel.ts";
import { parseEndpoint } from "../../lib/ipc/endpoint.ts";
import { corePid } from "../../lib/ipc/core_lock.ts";
import { openChannel } from "../../lib/ipc/private_channel.ts";
import { EventReader } from "../e2e/support/events.ts";
import { Child } from "../support/child.ts";
import { until } from "../support/until.ts";
import { folderOnWindows, testOnWindows } from "./support.ts";

const project = fileURLToPath(new URL("../../", import.meta.url));
const upstream = {
  name: "fake",
  command: Deno.execPath(),
  args: ["run", "-A", "--no-check", join(project, "tests", "upstream", "fixtures", "server.ts")],
};

/** Accepts all: what is asked here is whether it comes through. */
const anything = {
  "~standard": { version: 1 as const, vendor: "test", validate: (value: unknown) => ({ value }) },
};

/** A place for a core: its data directory is not there yet. */
function sandbox() {
  const folder = folderOnWindows();
  const dataDirectory = join(folder.path, "data");
  return { dataDirectory, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

function mcpproxy(...args: string[]): Child {
  return new Child(Deno.execPath(), {
    args: [
      ...["run", "-q", "--no-prompt", "--no-check", "--config", join(project, "deno.json")],
      ...["-P=core", join(project, "main.ts"), ...args],
    ],
    env: { NO_COLOR: "1" },
  });
}

/** Starts a core. @returns it, when it is ready, and its pipe as it says itself */
async function serve(dataDirectory: string, ...args: string[]) {
  const core = mcpproxy("serve", "--data-dir", dataDirectory, "--listen", "127.0.0.1:0", ...args);
  try {
    const line = await core.line(/^ {2}Private channel /);
    await core.line(/^ {2}Config /);
    const endpoint = /npipe:\S+/.exec(line)?.[0] ?? assert.fail(line);
    return {
      process: core,
      channel: await openChannel(parseEndpoint(endpoint, "windows", "the core"), "test/1"),
      endpoint,
      [Symbol.asyncDispose]: () => core[Symbol.asyncDispose](),
    };
  } catch (error) {
    await core[Symbol.asyncDispose]();
    throw error;
  }
}

async function ended(child: Child): Promise<number> {
  const { code } = await child.end();
  return code;
}

async function api(channel: Channel, path: string, method = "GET", body?: unknown) {
  const response = await channel.fetch(`/api/v1${path}`, {
    method,
    ...body === undefined ? {} : {
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    },
  });
  const answer = await response.json();
  assert(answer.success, `${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
  return answer.data;
}

testOnWindows(
  "first run: data directory, config and pipe are made; REST, events and MCP over it, without a key",
  async () => {
    using place = sandbox();
    await using core = await serve(place.dataDirectory);
    const { channel } = core;
    assert.match(core.endpoint, /^npipe:\/\/\/\/\.\/pipe\/mcpproxy-.+-[0-9a-f]{8}$/);

    const info = await api(channel, "/info");
    assert.equal(info.endpoints.socket, core.endpoint);
    await using events = await EventReader.open((init) => channel.fetch("/events", init));
    await api(channel, "/servers", "POST", upstream);
    await events.next("servers.changed");
    await until(async () => {
      const { servers } = await api(channel, "/servers");
      return servers[0]?.status === "ready";
    }, "the fake server is ready");

    for (const mode of ["legacy", "auto"] as const) {
      const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode } });
      await client.connect(
        new StreamableHTTPClientTransport(new URL("http://localhost/mcp/all"), {
          fetch: (url, init) => channel.fetch(url, init),
        }),
      );
      const { tools } = await client.listTools();
      assert(tools.some(({ name }) => name === "fake__echo"));
      const params = { name: "fake__echo", arguments: { text: "over it" } };
      const result = await client.request({ method: "tools/call", params }, anything);
      assert.match(JSON.stringify(result), /over it/);
      await client.close();
    }

    const { connections } = await api(channel, "/connections");
    assert(
      connections.some(({ source, pid }: { source: string; pid: number }) =>
        source === "socket" && pid === Deno.pid
      ),
    );
    const listen = info.listen_addr;
    assert.equal((await fetch(`http://${listen}/api/v1/status`)).status, 401, "TCP wants the key");
  },
);

testOnWindows(
  "a second core is refused by exit 3 for the data directory, by exit 4 for the pipe; clients find the first",
  async () => {
    using place = sandbox();
    using other = sandbox();
    await using core = await serve(place.dataDirectory);
    const listen = ["--listen", "127.0.0.1:0"];
    const second = mcpproxy("serve", "--data-dir", place.dataDirectory, ...listen);
    assert.equal(await ended(second), 3);
    const third = mcpproxy(
      ...["serve", "--data-dir", other.dataDirectory, "--tray-endpoint", core.endpoint, ...listen],
    );
    assert.equal(await ended(third), 4);
    const asked = mcpproxy("status", "--data-dir", place.dataDirectory, "--json");
    assert.equal(await ended(asked), 0);
    const { transport, info } = JSON.parse(asked.lines.join("\n"));
    assert.deepEqual([transport.kind, transport.address], ["pipe", core.endpoint]);
    assert.equal(info.pid, core.process.pid);
  },
);

testOnWindows(
  "a core that was killed is followed by the next, on the same pipe, and a client of the first goes on",
  async () => {
    using place = sandbox();
    const endpoint = `npipe:////./pipe/mcpproxy-test-${crypto.randomUUID()}`;
    const channel = await openChannel(parseEndpoint(endpoint, "windows", "test"), "test/1");
    for (let round = 0; round < 4; round++) {
      await using core = await serve(place.dataDirectory, "--tray-endpoint", endpoint);
      assert.equal(core.endpoint, endpoint);
      assert.equal(corePid(place.dataDirectory), core.process.pid);
      assert.equal((await api(channel, "/info")).pid, core.process.pid);
      core.process.kill("SIGKILL");
      await core.process.status;
      await assert.rejects(channel.fetch("/"), { fault: "absent" });
    }
  },
);

testOnWindows(
  "a core that is stopped leaves nothing behind: no pipe, no runtime.json, no server",
  async () => {
    using place = sandbox();
    const core = await startCore({
      flags: { dataDir: place.dataDirectory, listen: "127.0.0.1:0" },
      environment: Deno.env.toObject(),
      platform: "windows",
      workingDirectory: Deno.cwd(),
    }, "0.0.0");
    const endpoint = parseEndpoint(core.facts.socket ?? "", "windows", "the core");
    const channel = await openChannel(endpoint, "test/1");
    await api(channel, "/servers", "POST", upstream);
    await until(
      async () => (await api(channel, "/servers")).servers[0]?.status === "ready",
      "the fake server is ready",
    );
    const events = await channel.fetch("/events");
    const read = events.text().then(() => "ended", () => "ended");
    await core.stop();
    assert.equal(await read, "ended");
    await assert.rejects(channel.fetch("/"), { fault: "absent" });
    assert.throws(() => Deno.statSync(join(place.dataDirectory, "runtime.json")));
    assert.equal(corePid(place.dataDirectory), null);
  },
);
