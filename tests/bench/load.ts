/**
 * The load generator, in a process of its own: keeps some connections busy with one request each, on every target in
 * turn, round by round. Argument: a {@linkcode LoadPlan} as JSON. Writes a {@linkcode LoadResult} as JSON.
 */
import { type Address, connectTo, encodeRequest } from "./http_connection.ts";
import { processorTime } from "./processes.ts";
import { requestSession } from "./session.ts";
import { interleave, quantile } from "./stats.ts";

/** Whom to ask, how long and how often. */
export interface LoadPlan {
  connections: number;
  rounds: number;
  /** How long each target is kept busy in a round. */
  seconds: number;
  targets: Record<string, LoadTarget>;
}

/** One server and how it is asked. */
export interface LoadTarget {
  pid: number;
  address: Address;
  target: string;
  headers?: Record<string, string>;
  /** Ask for a session of the private channel first, and send it from then on. */
  session?: boolean;
}

/** What was seen on one target in one round. */
export interface LoadRound {
  requestsPerSecond: number;
  medianMs: number;
  /** Processor time of the server for each request, in microseconds. */
  serverMicroseconds: number;
  /** How busy one processor was with the server and with this generator, from 0; more than 1 with more threads. */
  serverBusy: number;
  generatorBusy: number;
}

/** What was seen, by target. */
export type LoadResult = Record<string, LoadRound[]>;

/** Opens the connections to a target. @returns what measures it for some seconds */
async function prepare(
  { pid, address, target, headers = {}, session = false }: LoadTarget,
  count: number,
): Promise<(seconds: number) => Promise<LoadRound>> {
  const connections = await Promise.all(Array.from({ length: count }, () => connectTo(address)));
  const own = session ? await requestSession(connections[0]!) : {};
  const request = encodeRequest(`GET ${target}`, { ...headers, ...own });

  return async (seconds) => {
    const latencies: number[] = [];
    const serverBefore = await processorTime(pid);
    const generatorBefore = await processorTime(Deno.pid);
    const begin = performance.now();
    const end = begin + seconds * 1000;
    await Promise.all(connections.map(async (connection) => {
      for (let sent = performance.now(); sent < end;) {
        const { status } = await connection.exchange(request);
        if (status !== 200) throw new Error(`answered with status ${status}`);
        const received = performance.now();
        latencies.push(received - sent);
        sent = received;
      }
    }));
    const elapsed = (performance.now() - begin) / 1000;
    const server = await processorTime(pid) - serverBefore;
    const generator = await processorTime(Deno.pid) - generatorBefore;
    return {
      requestsPerSecond: latencies.length / elapsed,
      medianMs: quantile(latencies, 0.5),
      serverMicroseconds: server / latencies.length * 1e6,
      serverBusy: server / elapsed,
      generatorBusy: generator / elapsed,
    };
  };
}

const plan: LoadPlan = JSON.parse(Deno.args[0] ?? "");
const measures: Record<string, () => Promise<LoadRound>> = {};
for (const [name, target] of Object.entries(plan.targets)) {
  const measure = await prepare(target, plan.connections);
  await measure(plan.seconds); // until both ends are compiled
  measures[name] = () => measure(plan.seconds);
}
const result: LoadResult = await interleave(plan.rounds, measures);
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(result)));
Deno.exit(0);
