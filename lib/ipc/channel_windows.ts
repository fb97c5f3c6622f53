/** The client's end of the named pipe: it looks whose pipe it is before it sends a byte. */
import type { Duplex } from "node:stream";
import { messageOf } from "../errors.ts";
import { type Channel, ChannelError, type ChannelFault } from "./channel.ts";
import { sendOverStream } from "./http_stream.ts";
import { onceHeader } from "./once.ts";
import { NtStatus, PipeError, type SystemPipes } from "./pipes.ts";
import { clientHeader, sessionHeader } from "./sessions.ts";

const baseUrl = "http://localhost";
const longestTryMs = 10_000;
const firstPauseMs = 5;
const longestPauseMs = 250;

/**
 * Opens the private channel. Nothing is sent yet: each request has a connection of its own, which it is sent over once. So
 * there is no connection to a core that is no more, and nothing to send again.
 * @param name `\\.\pipe\name`
 * @param client what we call ourselves, `cli/0.1.0`; shown by the core, never trusted
 * @param pipes the system's answers
 * @returns the channel
 */
export function openPipeChannel(name: string, client: string, pipes: SystemPipes): Channel {
  const open = new Set<Duplex>();
  let closed = false;

  /** @throws {ChannelError} @throws the reason of the signal */
  async function connect(signal: AbortSignal | null): Promise<Duplex> {
    const deadline = Date.now() + longestTryMs;
    for (let pauseMs = firstPauseMs;; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      signal?.throwIfAborted();
      try {
        return openChecked(name, pipes);
      } catch (error) {
        const busy = error instanceof ChannelError && error.fault === "busy";
        if (!busy || Date.now() > deadline) throw error;
      }
      // Not by WaitNamedPipe: it keeps a thread of ours waiting, and somebody else may be faster all the same.
      await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + Math.random())));
    }
  }

  return {
    async fetch(url, init = {}) {
      if (closed) throw lost(name, "the channel was closed");
      const { pathname, search } = new URL(url, baseUrl);
      const headers = new Headers(init.headers);
      for (const header of [sessionHeader, onceHeader, "connection"]) headers.delete(header);
      headers.set(clientHeader, `${client}; pid=${Deno.pid}`);
      const stream = await connect(init.signal ?? null);
      open.add(stream);
      stream.once("close", () => open.delete(stream));
      try {
        return await sendOverStream(stream, pathname + search, { ...init, headers });
      } catch (error) {
        stream.destroy();
        init.signal?.throwIfAborted();
        throw lost(name, messageOf(error), error);
      }
    },
    close() {
      closed = true;
      for (const stream of open) stream.destroy();
    },
  };
}

/** A connection to a pipe that is this user's; nothing was sent over it. */
function openChecked(name: string, pipes: SystemPipes): Duplex {
  let opened;
  try {
    opened = pipes.open(name);
  } catch (error) {
    throw channelError(name, error);
  }
  const { stream, owner } = opened;
  if (owner === pipes.user) return stream;
  stream.destroy();
  throw new ChannelError(
    "untrusted",
    `${name} belongs to ${owner ?? "somebody unknown"}, not to you; nothing was sent`,
    "Find out which program has it.",
  );
}

const startCore = "Start the core: mcpproxy serve";
const again = "Try again in a moment.";

function channelError(name: string, error: unknown): ChannelError {
  const fault = error instanceof PipeError ? faults[error.status] ?? "refused" : "refused";
  switch (fault) {
    case "absent":
      return new ChannelError(fault, `no core listens on ${name}`, startCore, error);
    case "busy":
      return new ChannelError(fault, `${name} has no room for another connection`, again, error);
    case "denied":
      return new ChannelError(
        fault,
        `no permission to open ${name}`,
        "Find out which user's program has it.",
        error,
      );
    default:
      return new ChannelError(fault, `${name}: ${messageOf(error)}`, startCore, error);
  }
}

const faults: Record<number, ChannelFault> = {
  [NtStatus.OBJECT_NAME_NOT_FOUND]: "absent",
  [NtStatus.OBJECT_PATH_NOT_FOUND]: "absent",
  [NtStatus.ACCESS_DENIED]: "denied",
  [NtStatus.INSTANCE_NOT_AVAILABLE]: "busy",
  [NtStatus.PIPE_NOT_AVAILABLE]: "busy",
  [NtStatus.PIPE_BUSY]: "busy",
};

function lost(name: string, why: string, cause?: unknown): ChannelError {
  const message = `the connection on ${name} broke; the request may have been carried out: ${why}`;
  return new ChannelError("lost", message, "Look whether it was, before you send it again.", cause);
}
