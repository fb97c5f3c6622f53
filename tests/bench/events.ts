/** How fast an event reaches a thousand clients, and what is left when they are gone. */
import type { EventPlan, EventRound, SeenChange } from "./event_clients.ts";
import { runHelper, startCore } from "./processes.ts";
import { type Measurement, megabytes, milliseconds, plainRow, type Row } from "./report.ts";
import { median } from "./stats.ts";

const clients = 1000;
const changes = 6;

/** Measures it on both listeners. */
export async function measureEvents(): Promise<Measurement> {
  await using core = await startCore();
  const plan = { corePid: core.pid, clients, changes };
  const socket = await runHelper<EventRound[]>(
    "event_clients.ts",
    {
      ...plan,
      address: { transport: "unix", path: core.socket },
      apiKey: null,
      rounds: 5,
    } satisfies EventPlan,
  );
  const tcp = await runHelper<EventRound[]>(
    "event_clients.ts",
    {
      ...plan,
      address: { transport: "tcp", ...core.tcp },
      apiKey: core.apiKey,
      rounds: 2,
    } satisfies EventPlan,
  );
  return {
    title: "Events",
    how:
      `${clients} clients follow \`/events\`, from a process of their own, which also adds a disabled server by ` +
      `\`POST /api/v1/servers\` and removes it again, ${changes} changes a round. The target is for the time from the ` +
      "change, which is in force when the first client has `config.reloaded`, to the moment the last client has " +
      "`servers.changed`; 50 ms of it are the time in which changes become one event. The time from the request has " +
      "the saving of the config file in it, which is synced to the disk. The spread, from the first client that has " +
      "`servers.changed` to the last, is the part that grows with the number of clients. Then all leave, and " +
      "`/metrics` is asked until it counts none.",
    rows: [...rowsOf("socket", socket), ...rowsOf("TCP", tcp)],
    notes: [
      `Memory of the core, before and with ${clients} clients and 2 s after they left, round by round: ` +
      `socket ${memory(socket)}; then TCP ${memory(tcp)}.`,
    ],
  };
}

function rowsOf(listener: string, rounds: EventRound[]): Row[] {
  const all = rounds.flatMap(({ changes }) => changes);
  const event = `event to ${clients} clients, ${listener}`;
  const time = (what: string, pick: (change: SeenChange) => number, bound?: { below: number }) =>
    plainRow(`${event}, ${what}`, median(all.map(pick)), milliseconds, bound);
  return [
    time("change to last", (seen) => seen.lastMs - seen.inForceMs, { below: 100 }),
    time("request to last", (seen) => seen.lastMs),
    time("first to last", (seen) => seen.lastMs - seen.firstMs),
    plainRow(
      `${clients} clients leave, ${listener}: gauge at 0 after`,
      median(rounds.map(({ goneMs }) => goneMs)),
      milliseconds,
    ),
  ];
}

function memory(rounds: EventRound[]): string {
  return rounds.map(({ before, during, after }) =>
    [before, during, after].map(megabytes).join(" → ")
  ).join(", ");
}
