/** How long the core takes to start, and the commands that a person waits for. */
import {
  buildProgram,
  coreCommand,
  end,
  floorCommand,
  makeDataDirectory,
  startCore,
  untilReady,
} from "./processes.ts";
import { type Measurement, milliseconds, row } from "./report.ts";
import { interleave, median } from "./stats.ts";

const rounds = 11;

/** Measures it with a warm cache. */
export async function measureStartUp(): Promise<Measurement> {
  await using core = await startCore();
  await using built = await buildProgram();
  const directory = await makeDataDirectory([], crypto.randomUUID());
  const measures = {
    empty: () => run(floorCommand("empty.ts")),
    ready: () => timeToReady(directory),
    version: () => run(coreCommand("version", core.dataDirectory)),
    status: () => run(coreCommand("status", core.dataDirectory)),
    builtStatus: () => run(coreCommand("status", core.dataDirectory, built.path)),
  };
  await interleave(2, measures); // what is compiled is cached from the second start on
  const seen = await interleave(rounds, measures);
  await Deno.remove(directory, { recursive: true });

  const difference = (what: string, ours: number[], bound?: { atMost: number }) =>
    row(what, median(seen.empty), median(ours), "difference", milliseconds, bound);
  return {
    title: "Start-up",
    how:
      `${rounds} starts of each in turn, compiled code in the cache. The floor is an empty program, from its start to its ` +
      "end. Ours is the core without an upstream, from its start to the first `/readyz` that is answered with 200, asked " +
      "for every 2 ms on the socket; and the commands, from start to end, `status` with a core that runs, in a checkout " +
      "and as the program that is downloaded.",
    rows: [
      difference("serve, to ready", seen.ready, { atMost: 250 }),
      difference("mcpproxy version", seen.version),
      row("mcpproxy status", median(seen.empty), median(seen.status), "ratio", milliseconds, {
        atMost: 2.5,
      }),
      row(
        "mcpproxy status, program",
        median(seen.empty),
        median(seen.builtStatus),
        "ratio",
        milliseconds,
      ),
    ],
    notes: [],
  };
}

async function run(command: Deno.Command): Promise<number> {
  const begin = performance.now();
  const { success } = await command.spawn().status;
  const elapsed = performance.now() - begin;
  if (!success) throw new Error("a command that was to be measured failed");
  return elapsed;
}

async function timeToReady(directory: string): Promise<number> {
  const begin = performance.now();
  const process = coreCommand("serve", directory).spawn();
  const ready = await untilReady(process, {
    transport: "unix",
    path: `${directory}/mcpproxy.sock`,
  });
  await end(process);
  return ready - begin;
}
