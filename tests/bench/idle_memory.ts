/** How much memory the core takes when it has nothing to do. */
import { connectTo, encodeRequest } from "./http_connection.ts";
import { buildProgram, residentMemory, type Running, startCore, startFloor } from "./processes.ts";
import { type Measurement, megabytes, row } from "./report.ts";
import { interleave, median } from "./stats.ts";

const rounds = 3;
const settleMs = 1000;

/** Measures it without an upstream. */
export async function measureIdleMemory(): Promise<Measurement> {
  await using built = await buildProgram();
  await (await startCore([], built.path))[Symbol.asyncDispose](); // unpacked, and compiled code in the cache
  const seen = await interleave(rounds, {
    hono: () => settledMemory(startFloor("hono_server.ts")),
    built: () => settledMemory(startCore([], built.path)),
    core: () => settledMemory(startCore()),
    used: () => settledMemory(askedOnce(startCore())),
  });
  return {
    title: "Idle memory",
    how:
      `Resident memory (VmRSS) ${
        settleMs / 1000
      } s after the process was ready, ${rounds} starts of each in turn. The ` +
      "floor is a server with Hono and one route, on a Unix socket and on TCP. The core is measured as the program that " +
      "is downloaded, and in a checkout, where Deno keeps the sources of all modules. The API is loaded with the first " +
      "request for it, so the core in a checkout is measured before one and, in other starts, after one.",
    rows: [
      row("idle memory, program", median(seen.hono), median(seen.built), "ratio", megabytes, {
        atMost: 1.6,
      }),
      row("idle memory, checkout", median(seen.hono), median(seen.core), "ratio", megabytes, {
        atMost: 1.6,
      }),
      row(
        "idle memory, checkout, API loaded",
        median(seen.hono),
        median(seen.used),
        "ratio",
        megabytes,
      ),
    ],
    notes: [],
  };
}

async function askedOnce(starting: Promise<Running>): Promise<Running> {
  const process = await starting;
  using connection = await connectTo({ transport: "unix", path: process.socket });
  await connection.exchange(encodeRequest("GET /api/v1/status"));
  return process;
}

async function settledMemory(starting: Promise<Running>): Promise<number> {
  await using process = await starting;
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  return await residentMemory(process.pid);
}
