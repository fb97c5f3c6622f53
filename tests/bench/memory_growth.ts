/** Whether the core grows with use. */
import { openUnixChannel } from "../../lib/ipc/channel_unix.ts";
import { connectTo, encodeRequest } from "./http_connection.ts";
import { callEcho, connectByCore, everything, untilOffered } from "./mcp_client.ts";
import { residentMemory, type RunningCore, startCore } from "./processes.ts";
import { type Measurement, megabytes, row } from "./report.ts";
import { requestSession } from "./session.ts";

const rounds = 5;
const requests = 10_000;
const calls = 1_000;
const sessions = 100;
const settleMs = 1500;
const tool = `${everything.name}__echo`;

/** Uses a core in rounds of equal work and looks at its memory after each. */
export async function measureMemoryGrowth(): Promise<Measurement> {
  await using core = await startCore([everything]);
  const channel = openUnixChannel(core.socket, "benchmark");
  const { client, end } = await connectByCore(channel.fetch, "legacy");
  await untilOffered(client, tool);
  const seen = [await settledMemory(core)];
  for (let round = 0; round < rounds; round++) {
    await askForStatus(core);
    for (let index = 0; index < calls; index++) await callEcho(client, tool);
    for (let index = 0; index < sessions; index++) {
      const session = await connectByCore(channel.fetch, "legacy");
      await session.end();
    }
    seen.push(await settledMemory(core));
  }
  await end();
  channel.close();
  return {
    title: "Memory after use",
    how:
      `A core with @modelcontextprotocol/server-everything: ${rounds} rounds of ${requests} status requests, ${calls} ` +
      `tool calls and ${sessions} sessions opened and ended; resident memory ${
        settleMs / 1000
      } s after each. The ` +
      "floor is the memory after the first round, by when everything that is loaded on first use is there.",
    rows: [
      row(
        `memory after ${rounds} rounds of use, against 1`,
        seen[1] ?? 0,
        seen.at(-1) ?? 0,
        "difference",
        megabytes,
      ),
    ],
    notes: [`Before the first round and after each: ${seen.map(megabytes).join(" → ")}.`],
  };
}

async function askForStatus({ socket }: RunningCore): Promise<void> {
  await Promise.all(Array.from({ length: 16 }, async () => {
    using connection = await connectTo({ transport: "unix", path: socket });
    const request = encodeRequest("GET /api/v1/status", await requestSession(connection));
    for (let index = 0; index < requests / 16; index++) await connection.exchange(request);
  }));
}

async function settledMemory({ pid }: RunningCore): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  return await residentMemory(pid);
}
