/** Notices that a server has stopped answering. */
import { coalesce } from "./coalesce.ts";
import type { Connection } from "./connection.ts";
import { failureText, httpStatus } from "./failure.ts";
import { anyResult, type Sdk } from "./sdk.ts";

const answerTime = 5_000;
const misses = 3;
/** Milliseconds between two checks that are asked for out of turn. */
const gap = 1_000;

/** What the check goes by, and whom it tells. */
export interface LivenessInput {
  sdk: Sdk;
  connection: Connection;
  /** Milliseconds between two checks; 0: only when asked for. */
  interval: number;
  /** Milliseconds that a server may be silent over a call: one that does one thing at a time answers nothing else meanwhile. */
  patience(): number;
  /** How many calls are under way. */
  calls(): number;
  /** Called when the server is lost, with the reason. */
  onLost(reason: string): void;
  /** Ends the watch. */
  signal: AbortSignal;
}

/**
 * Asks a server at intervals whether it is there. It is lost when it has missed three times in a row, or at once if the
 * network says so. Any message counts as an answer, an error, too. While a call is under way, misses count only once nothing
 * at all has come for as long as a call may take.
 * @returns a function that asks out of turn, soon
 */
export function watchLiveness(input: LivenessInput): () => void {
  const { interval, signal, connection } = input;
  let missed = 0;
  const check = coalesce(
    async () => {
      const answer = await ask(input, interval > 0 ? Math.min(answerTime, interval) : answerTime);
      if (signal.aborted) return;
      if (typeof answer === "object") return input.onLost(answer.lost);
      missed = answer === "alive" ? 0 : missed + 1;
      const silent = performance.now() - connection.lastHeard();
      const excused = input.calls() > 0 && silent < input.patience();
      if (missed >= misses && !excused) {
        input.onLost(`the server has not answered ${missed} checks in a row`);
      }
    },
    interval > 0 ? Math.min(gap, interval) : gap,
    signal,
  );
  if (interval > 0) {
    const timer = setInterval(check, interval);
    signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  }
  return check;
}

async function ask(
  input: LivenessInput,
  timeout: number,
): Promise<"alive" | "silent" | { lost: string }> {
  const { connection, sdk, signal } = input;
  const asked = performance.now();
  // There is no ping in 2026-07-28; server/discover is what every server of it must answer.
  const method = connection.era === "modern" ? "server/discover" : "ping";
  try {
    await connection.client.request({ method }, anyResult, { timeout, signal });
    return "alive";
  } catch (error) {
    if (connection.lastHeard() >= asked) return "alive";
    const lost = lossShownBy(error, connection, sdk);
    return lost === null ? "silent" : { lost };
  }
}

/**
 * Whether a failed request shows that its connection is of no more use, so that waiting for more failures would only cost time.
 * @param error what the request was rejected with
 * @returns the reason, or null if it shows no such thing
 */
export function lossShownBy(error: unknown, connection: Connection, sdk: Sdk): string | null {
  const status = httpStatus(error, sdk);
  if (status === 401) return failureText(error, sdk);
  // 2025-11-25, Transports, Session Management: 404 ends the session.
  if (status === 404 && connection.client.transport?.sessionId !== undefined) {
    return "the server has forgotten our session (HTTP 404)";
  }
  // fetch rejects so when it cannot reach the server.
  return error instanceof TypeError && connection.pid === null ? failureText(error, sdk) : null;
}
