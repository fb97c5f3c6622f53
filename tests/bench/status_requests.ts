/** How much the core adds to a request: `GET /api/v1/status` against a bare `Deno.serve` that answers the same JSON. */
import { connectTo, encodeRequest, textOf } from "./http_connection.ts";
import type { LoadPlan, LoadResult, LoadRound } from "./load.ts";
import { runHelper, startCore, startFloor } from "./processes.ts";
import { type Measurement, milliseconds, perSecond, row } from "./report.ts";
import { median } from "./stats.ts";

const target = "/api/v1/status";
const connections = 16;
const rounds = 5;
const seconds = 1;

/** Measures it on both listeners. */
export async function measureStatusRequests(): Promise<Measurement> {
  await using core = await startCore();
  const onSocket = { transport: "unix", path: core.socket } as const;
  using connection = await connectTo(onSocket);
  const status = textOf((await connection.exchange(encodeRequest(`GET ${target}`))).body);
  await using floor = await startFloor("bare_server.ts", status);

  const load = async (targets: LoadPlan["targets"]) => {
    const plan: LoadPlan = { connections, rounds, seconds, targets };
    return mediansOf(await runHelper<LoadResult>("load.ts", plan));
  };
  const bare = { pid: floor.pid, target };
  const ours = { pid: core.pid, target };
  const { floorSocket, session, walk } = await load({
    floorSocket: { ...bare, address: { transport: "unix", path: floor.socket } },
    session: { ...ours, address: onSocket, session: true },
    walk: { ...ours, address: onSocket },
  });
  const { floorTcp, key } = await load({
    floorTcp: { ...bare, address: { transport: "tcp", ...floor.tcp } },
    key: {
      ...ours,
      address: { transport: "tcp", ...core.tcp },
      headers: { "x-api-key": core.apiKey },
    },
  });
  return {
    title: "Requests",
    how:
      `${connections} keep-alive connections, one request at a time on each, from a load generator in a process of its ` +
      `own (HTTP/1.1 written and read by hand); ${rounds} rounds of ${seconds} s for each server in turn, after one to ` +
      "warm up. The floor is a bare `Deno.serve` that answers the same JSON, on a Unix socket and on TCP. With a session " +
      "the caller has been verified once; without one the peers of all connections are verified on each request. The " +
      "processor time is the server's, in all its threads, for each request; unlike the throughput it does not depend " +
      "on how fast the generator is or on what else the machine does.",
    rows: [
      ...rowsOf("status, socket, session", floorSocket!, session!, true),
      ...rowsOf("status, socket, no session", floorSocket!, walk!, false),
      ...rowsOf("status, TCP, API key", floorTcp!, key!, false),
    ],
    notes: [
      `Busy, as parts of one processor: floor on the socket ${
        busy(floorSocket!)
      }; status with a session ` +
      `${busy(session!)}. Where the generator is the busier one, the server could answer more.`,
    ],
  };
}

function rowsOf(what: string, floor: LoadRound, ours: LoadRound, hasTargets: boolean) {
  const { requestsPerSecond, medianMs, serverMicroseconds } = floor;
  const microseconds = (value: number) => `${value.toFixed(1)} µs`;
  return [
    row(
      `${what}: throughput`,
      requestsPerSecond,
      ours.requestsPerSecond,
      "ratio",
      perSecond,
      hasTargets ? { atLeast: 0.6 } : undefined,
    ),
    row(
      `${what}: median latency`,
      medianMs,
      ours.medianMs,
      "ratio",
      milliseconds,
      hasTargets ? { atMost: 1.6 } : undefined,
    ),
    row(
      `${what}: processor time`,
      serverMicroseconds,
      ours.serverMicroseconds,
      "ratio",
      microseconds,
    ),
  ];
}

function busy({ serverBusy, generatorBusy }: LoadRound): string {
  return `server ${serverBusy.toFixed(2)}, generator ${generatorBusy.toFixed(2)}`;
}

function mediansOf(result: LoadResult): Record<string, LoadRound> {
  const medians = (seen: LoadRound[]): LoadRound => ({
    requestsPerSecond: median(seen.map((round) => round.requestsPerSecond)),
    medianMs: median(seen.map((round) => round.medianMs)),
    serverMicroseconds: median(seen.map((round) => round.serverMicroseconds)),
    serverBusy: median(seen.map((round) => round.serverBusy)),
    generatorBusy: median(seen.map((round) => round.generatorBusy)),
  });
  return Object.fromEntries(Object.entries(result).map(([name, seen]) => [name, medians(seen)]));
}
