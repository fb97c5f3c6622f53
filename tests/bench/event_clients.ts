/**
 * The clients of `/events`, in a process of their own. Argument: an {@linkcode EventPlan} as JSON. Writes one
 * {@linkcode EventRound} a round as JSON.
 */
import {
  type Address,
  connectTo,
  encodeRequest,
  type HttpConnection,
  textOf,
} from "./http_connection.ts";
import { residentMemory } from "./processes.ts";
import { requestSession } from "./session.ts";

/** Whom to follow, by how many, how often. */
export interface EventPlan {
  corePid: number;
  address: Address;
  /** Null on the private channel, where a session is asked for. */
  apiKey: string | null;
  clients: number;
  rounds: number;
  /** Changes in each round. */
  changes: number;
}

/** When something was seen, in milliseconds from the sending of the request that made the change. */
export interface SeenChange {
  /** `config.reloaded` at the first client: the change is in force. */
  inForceMs: number;
  /** `servers.changed` at the first and at the last client. */
  firstMs: number;
  lastMs: number;
}

/** What was seen in one round; memory in bytes. */
export interface EventRound {
  changes: SeenChange[];
  /** From the first client's leaving until the core counts none. */
  goneMs: number;
  before: number;
  during: number;
  after: number;
}

const plan: EventPlan = JSON.parse(Deno.args[0] ?? "");
const server = { name: "benchmark", command: "false", enabled: false };
const rounds: EventRound[] = [];
for (let round = 0; round < plan.rounds; round++) rounds.push(await followRound());
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(rounds)));
Deno.exit(0);

async function followRound(): Promise<EventRound> {
  using control = await connectTo(plan.address);
  const headers = plan.apiKey === null
    ? await requestSession(control)
    : { "x-api-key": plan.apiKey };
  const before = await residentMemory(plan.corePid);
  const seen = { greeted: 0, changed: 0, inForceAt: 0, firstAt: 0, lastAt: 0 };
  const connections: HttpConnection[] = [];
  for (let index = 0; index < plan.clients; index++) {
    const connection = await connectTo(plan.address);
    connections.push(connection);
    void follow(connection, headers, (event) => {
      if (event === "status") seen.greeted++;
      if (event === "config.reloaded") seen.inForceAt ||= performance.now();
      if (event !== "servers.changed") return;
      seen.lastAt = performance.now();
      if (seen.changed++ === 0) seen.firstAt = seen.lastAt;
    });
  }
  await until(() => seen.greeted >= plan.clients, "not all clients were greeted");
  const during = await residentMemory(plan.corePid);

  const changes: EventRound["changes"] = [];
  for (let index = 0; index < plan.changes; index++) {
    await pause(200); // longer than the core gathers changes
    seen.changed = seen.inForceAt = 0;
    const request = index % 2 === 0
      ? encodeRequest("POST /api/v1/servers", headers, server)
      : encodeRequest(`DELETE /api/v1/servers/${server.name}`, headers);
    const begin = performance.now();
    const { status, body } = await control.exchange(request);
    if (status !== 200) throw new Error(`the change was refused: ${textOf(body)}`);
    await until(() => seen.changed >= plan.clients, "not all clients were told");
    if (seen.changed > plan.clients) throw new Error("some clients were told twice");
    changes.push({
      inForceMs: seen.inForceAt - begin,
      firstMs: seen.firstAt - begin,
      lastMs: seen.lastAt - begin,
    });
  }

  const leaving = performance.now();
  for (const connection of connections) connection[Symbol.dispose]();
  await until(
    async () => await eventClients(control, headers) === 0,
    "the core still counts clients",
  );
  const goneMs = performance.now() - leaving;
  await pause(2000);
  return { changes, goneMs, before, during, after: await residentMemory(plan.corePid) };
}

/** Tells the type of each event that comes, until the connection is closed from here. */
async function follow(
  connection: HttpConnection,
  headers: Record<string, string>,
  onEvent: (type: string) => void,
): Promise<void> {
  let rest = "";
  try {
    for await (const piece of connection.stream(encodeRequest("GET /events", headers))) {
      const blocks = (rest + textOf(piece)).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) onEvent(/^event: (.*)$/m.exec(block)?.[1] ?? "");
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted)) {
      throw error;
    }
  }
}

async function eventClients(
  control: HttpConnection,
  headers: Record<string, string>,
): Promise<number> {
  const { body } = await control.exchange(encodeRequest("GET /metrics", headers));
  return Number(/^mcpproxy_event_clients (\d+)$/m.exec(textOf(body))?.[1]);
}

async function until(condition: () => boolean | Promise<boolean>, otherwise: string) {
  for (const begin = performance.now(); performance.now() < begin + 20_000;) {
    if (await condition()) return;
    await pause(5);
  }
  throw new Error(otherwise);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
