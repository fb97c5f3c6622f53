/**
 * Finds out which protocol era a stdio server speaks, on the very process that will serve: the SDK would start a second one
 * for it. A server of 2026-07-28 answers `server/discover`. One of 2025 refuses it, ignores it, or even ends.
 */
import type { JSONRPCMessage, PriorDiscovery } from "@modelcontextprotocol/client";
import type { Sdk } from "./sdk.ts";
import type { StdioTransport } from "./stdio_transport.ts";
import { pause, untilAborted } from "../waiting.ts";

const modernVersion = "2026-07-28";
/**
 * How long to wait for a server that says nothing at all, milliseconds. Long, because it may merely be slow to start:
 * package runners download first. A server that is up but ignores what it does not know is told by its answer to a ping,
 * which every server of 2025 must answer even before `initialize` (2025-11-25, Lifecycle); from then on it has only the
 * shorter time.
 */
const silence = { unheard: 3_000, afterPing: 200 };

/** The server ended instead of answering; some of 2025 do. */
export class ProbeClosedError extends Error {
  override readonly name = "ProbeClosedError";
}

/**
 * Asks a server for its era.
 * @param transport started here; its `onmessage` and `onclose` are used meanwhile and then free again
 * @param client what we call ourselves
 * @param signal ends the probe
 * @returns the verdict for `Client.connect({ prior })`
 * @throws {ProbeClosedError} if the server ends on the question: it is of 2025, or broken
 */
export async function probeEra(
  sdk: Sdk,
  transport: StdioTransport,
  client: { name: string; version: string },
  signal: AbortSignal,
): Promise<PriorDiscovery> {
  // The ping carries the same claims: a server of both eras takes a message without them for one of 2025 and stays there.
  const params = {
    _meta: {
      [sdk.PROTOCOL_VERSION_META_KEY]: modernVersion,
      [sdk.CLIENT_INFO_META_KEY]: client,
      [sdk.CLIENT_CAPABILITIES_META_KEY]: {},
    },
  };
  const unanswered = new Set<unknown>(["discover", "ping"]);
  const over = new AbortController();
  const verdict = new Promise<PriorDiscovery>((resolve, reject) => {
    const legacyAfter = (milliseconds: number) =>
      pause(milliseconds, over.signal).then(() => resolve({ kind: "legacy" }));
    transport.onclose = () => reject(new ProbeClosedError(transport.closeReason ?? "closed"));
    transport.onmessage = (message: JSONRPCMessage) => {
      if (!("id" in message) || "method" in message) return;
      unanswered.delete(message.id);
      if (message.id === "discover") resolve(verdictOf(sdk, message));
      if (message.id === "ping" && "result" in message) void legacyAfter(silence.afterPing);
    };
    void legacyAfter(silence.unheard);
  });
  verdict.catch(() => {}); // it may come before somebody waits for it
  try {
    await transport.start();
    const send = (id: string, method: string) =>
      transport.send({ jsonrpc: "2.0", id, method, params });
    await untilAborted(
      Promise.all([send("discover", "server/discover"), send("ping", "ping")]),
      signal,
    )
      .catch((error) => signal.aborted ? Promise.reject(error) : undefined); // the close tells why
    return await untilAborted(verdict, signal);
  } finally {
    over.abort();
    for (const id of unanswered) transport.ignored.add(id);
    delete transport.onclose;
    delete transport.onmessage;
  }
}

/** Whatever is not a usable answer of 2026-07-28 means 2025. */
function verdictOf(sdk: Sdk, message: JSONRPCMessage): PriorDiscovery {
  const discover = "result" in message ? message.result : null;
  return sdk.isSpecType.DiscoverResult(discover) &&
      discover.supportedVersions.includes(modernVersion)
    ? { kind: "modern", discover }
    : { kind: "legacy" };
}
