/** Checks of the core that runs: whether it answers, whom it sees, its version and its clock. */
import {
  type ConnectedClient,
  createApiClient,
  type Info,
  type Server,
  type Status,
} from "../../client/api.ts";
import { connectToCore, type CoreTransport } from "../../client/connect.ts";
import { ConfigError } from "../../config/error.ts";
import type { Inputs } from "../../config/paths.ts";
import { messageOf, UserError } from "../../errors.ts";
import type { RuntimeFacts } from "../../ipc/runtime_file.ts";
import { isOlder } from "../../version_order.ts";
import { clientName } from "../ask.ts";
import { type Check, failure, type Known, ok, skipped, warning } from "./check.ts";
import type { System } from "./system.ts";

/** How long the core may take for its answers, in milliseconds. */
const patienceMs = 4_000;
/** Seconds by which two looks at one clock may differ, whole seconds and a slow machine allowed for. */
const tolerance = 5;

/** What the core answered. */
export interface CoreAnswers {
  status: Status;
  info: Info;
  servers: Server[];
  connections: ConnectedClient[];
  /** Its effective configuration, secrets masked. */
  config: Record<string, unknown>;
  way: CoreTransport["kind"];
}

/** What is known of the core. */
export interface CoreFindings {
  checks: Check[];
  answers: Known<CoreAnswers>;
}

/**
 * Asks the core.
 * @param inputs flags and environment
 * @param running what it says of itself in its data directory
 * @param system the machine
 * @returns the checks, and what it answered
 */
export async function checkCore(
  inputs: Inputs,
  running: Known<RuntimeFacts>,
  system: System,
): Promise<CoreFindings> {
  if ("unknown" in running) {
    const { unknown } = running;
    const checks = [
      skipped("core-answer", unknown),
      ...unasked(unknown),
      judgeClock(system.now(), null),
    ];
    return { checks, answers: { unknown } };
  }
  const { pid } = running.value;
  let answers: CoreAnswers;
  let seconds: number;
  try {
    const start = system.now();
    answers = await ask(inputs);
    seconds = (system.now() - start) / 1000;
  } catch (error) {
    const isConfig = error instanceof ConfigError; // told by a check of its own
    const unknown = isConfig ? "the config file cannot be used" : "the core does not answer";
    const checks = [
      isConfig ? skipped("core-answer", unknown) : await silence(error, pid, system),
      ...unasked(unknown),
      judgeClock(system.now(), null),
    ];
    return { checks, answers: { unknown } };
  }
  const took = `pid ${answers.info.pid} answered by ${answers.way} in ${
    Math.round(seconds * 1000)
  } ms`;
  const checks = [
    ok("core-answer", took),
    judgePeer(answers, Deno.pid, Deno.uid()),
    judgeVersion(answers.info.version, system.version),
    judgeClock(system.now(), answers.status.timestamp),
  ];
  return { checks, answers: { value: answers } };
}

async function ask(inputs: Inputs): Promise<CoreAnswers> {
  const transport = await connectToCore(inputs, clientName);
  try {
    const signal = AbortSignal.timeout(patienceMs);
    const client = createApiClient({
      ...transport,
      fetch: (input, init) => transport.fetch(input, { ...init, signal }),
    });
    const [info, { servers }, connections, config, status] = await Promise.all([
      client.info(),
      client.servers(),
      client.connections(),
      client.config(),
      client.status(),
    ]);
    return { status, info, servers, connections, config, way: transport.kind };
  } finally {
    transport.close();
  }
}

async function silence(error: unknown, pid: number, system: System): Promise<Check> {
  const next = error instanceof UserError ? error.next : undefined;
  if (await system.isStopped(pid)) {
    return failure(
      "core-answer",
      `pid ${pid} was stopped by a signal, and answers nobody`,
      `Run: kill -CONT ${pid}`,
    );
  }
  return isTimeout(error)
    ? failure(
      "core-answer",
      `pid ${pid} does not answer within ${patienceMs / 1000} s`,
      `Restart it: kill ${pid}; mcpproxy serve`,
    )
    : failure("core-answer", messageOf(error), next ?? `Restart it: kill ${pid}; mcpproxy serve`);
}

function isTimeout(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at.name === "TimeoutError") return true;
  }
  return false;
}

function unasked(reason: string): Check[] {
  return [skipped("peer-identity", reason), skipped("core-version", reason)];
}

/**
 * Judges whom the core sees when we ask it.
 * @param answers of the core @param pid our process @param uid our user
 * @returns a failure if we are not among them
 */
export function judgePeer(
  { way, connections }: Pick<CoreAnswers, "way" | "connections">,
  pid: number,
  uid: number | null,
): Check {
  if (way === "tcp") {
    return skipped("peer-identity", "asked over TCP, where the key vouches and nobody else");
  }
  const seen = connections.filter(({ source }) => source === "socket");
  const us = seen.find((client) => client.pid === pid && (uid === null || client.uid === uid));
  if (us) {
    return ok("peer-identity", `the kernel vouches: pid ${pid}, uid ${us.uid ?? "by its SID"}`);
  }
  // Where the system names no processes, the user is what it vouches for.
  if (seen.length > 0 && seen.every((client) => client.pid === null && client.uid === uid)) {
    return ok("peer-identity", `the kernel vouches: uid ${uid}`);
  }
  const names = seen.map((client) => `pid ${client.pid}, uid ${client.uid}`).join("; ");
  return failure(
    "peer-identity",
    `we are pid ${pid}, uid ${uid}, but the core sees ${names || "nobody"}`,
    "Find out what stands between: a container or a proxy of sockets. Then restart the core.",
  );
}

/**
 * Compares versions.
 * @param core of the core that runs @param own ours
 * @returns a warning if they differ
 */
export function judgeVersion(core: string, own: string): Check {
  const evidence = `the core is ${core}, this program ${own}`;
  if (core === own) return ok("core-version", evidence);
  return warning(
    "core-version",
    evidence,
    isOlder(core, own)
      ? "Restart the core: mcpproxy stop, then mcpproxy serve"
      : "Update this program, or restart the core from it.",
  );
}

/**
 * Judges the clock.
 * @param now milliseconds since 1970 @param timestamp what the core says, in seconds; null if none runs
 * @returns a failure if the year cannot be, a warning if the two disagree
 */
export function judgeClock(now: number, timestamp: number | null): Check {
  const time = new Date(now).toISOString();
  const year = new Date(now).getUTCFullYear();
  const mend = "Set the clock: certificates and sessions are judged by it.";
  if (year < 2026 || year > 2100) return failure("clock", `it says ${time}`, mend);
  if (timestamp === null) return ok("clock", time);
  const difference = Math.round(Math.abs(now / 1000 - timestamp));
  return difference > tolerance
    ? warning("clock", `it says ${time}, and the core's is ${difference} s off`, mend)
    : ok("clock", `${time}; the core agrees`);
}
