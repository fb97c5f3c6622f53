/** How much the core adds to a tool call: through it against the same server called directly. */
import { openUnixChannel } from "../../lib/ipc/channel_unix.ts";
import {
  callEcho,
  connectByCore,
  connectDirectly,
  everything,
  untilOffered,
} from "./mcp_client.ts";
import { startCore, startFloor } from "./processes.ts";
import { type Measurement, milliseconds, row } from "./report.ts";
import { interleave, median } from "./stats.ts";

const rounds = 7;
const calls = 150;
const tool = `${everything.name}__echo`;

/** Measures it in both eras of the protocol. */
export async function measureToolCalls(): Promise<Measurement> {
  await using core = await startCore([everything]);
  await using stub = await startFloor("mcp_stub.ts");
  const channel = openUnixChannel(core.socket, "benchmark");
  const stubChannel = openUnixChannel(stub.socket, "benchmark");
  const withKey: typeof fetch = (url, init) => {
    const headers = new Headers(init?.headers);
    headers.set("x-api-key", core.apiKey);
    return fetch(url, { ...init, headers });
  };
  const origin = `http://${core.tcp.hostname}:${core.tcp.port}`;
  const [direct, http, tcp, legacy, modern] = await Promise.all([
    connectDirectly(),
    connectByCore(stubChannel.fetch, "legacy"),
    connectByCore(withKey, "legacy", origin),
    connectByCore(channel.fetch, "legacy"),
    connectByCore(channel.fetch, "modern"),
  ]);
  await untilOffered(legacy.client, tool);
  const measures = {
    direct: () => medianCall(() => callEcho(direct.client, "echo")),
    http: () => medianCall(() => callEcho(http.client, "echo")),
    legacy: () => medianCall(() => callEcho(legacy.client, tool)),
    modern: () => medianCall(() => callEcho(modern.client, tool)),
    tcp: () => medianCall(() => callEcho(tcp.client, tool)),
  };
  await interleave(1, measures); // until all ends are compiled
  const seen = await interleave(rounds, measures);
  await Promise.all([direct, tcp, legacy, modern].map((connected) => connected.end()));
  await http.client.close();
  channel.close();
  stubChannel.close();

  const ratio = (what: string, ours: number[], bound?: { atMost: number }) =>
    row(what, median(seen.direct), median(ours), "ratio", milliseconds, bound);
  return {
    title: "Tool calls",
    how:
      `The tool echo of @modelcontextprotocol/server-everything, called by the official client, one call at a time, ` +
      `${rounds} rounds of ${calls} calls each way in turn. The floor is the client on the server's standard input ` +
      `and output; ours is the client on \`/mcp/all\` of the private channel, with a session (2025-11-25) and ` +
      `without (2026-07-28). The client keeps its connections. The last row has another floor: the call on standard ` +
      `input and output and the same client's call, over the same channel, of a stub that answers at once; what is left is the core.`,
    rows: [
      ratio("tool call, socket, 2025-11-25", seen.legacy, { atMost: 3 }),
      ratio("tool call, socket, 2026-07-28", seen.modern, { atMost: 3 }),
      ratio("tool call, TCP, 2025-11-25", seen.tcp),
      row(
        "tool call, socket, 2025-11-25, against stdio and HTTP",
        median(seen.direct) + median(seen.http),
        median(seen.legacy),
        "ratio",
        milliseconds,
      ),
    ],
    notes: [],
  };
}

async function medianCall(call: () => Promise<void>): Promise<number> {
  const latencies: number[] = [];
  for (let index = 0; index < calls; index++) {
    const begin = performance.now();
    await call();
    latencies.push(performance.now() - begin);
  }
  return median(latencies);
}
