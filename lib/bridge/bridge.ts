/**
 * An MCP server on standard input and output that has no tools of its own: it carries the messages of one client to the
 * core and back. They pass as they are; what is looked at is who they are for.
 */
import { messageOf } from "../errors.ts";
import { logger } from "../log.ts";
import { pause, settlesWithin } from "../waiting.ts";
import { createCalls, describe } from "./calls.ts";
import type { CoreLink } from "./core_link.ts";
import { exchange } from "./exchange.ts";
import { messageLimit, readLines } from "./input.ts";
import {
  type ClientMessage,
  type ClientNotification,
  type ClientResponse,
  errorLine,
  invalidRequest,
  readLine,
} from "./message.ts";
import type { Output } from "./output.ts";
import { modernHeaders, modernRevision } from "./revision.ts";
import { createSession } from "./session.ts";
import { createSubscriptions, listenMethod } from "./subscriptions.ts";

/** What a bridge connects. */
export interface BridgeOptions {
  /** Path of the MCP endpoint: `/mcp` or `/mcp/all`. */
  path: string;
  link: CoreLink;
  input: ReadableStream<Uint8Array>;
  output: Output;
  /** Aborted when it shall end at once. */
  stop: AbortSignal;
}

const log = logger("bridge");

/** How long answers are waited for after the end of the input, in milliseconds. A client that cannot wait ends us. */
const lastAnswersMs = 10_000;
/** How long the core may take to hear that the session is over. */
const farewellMs = 1_000;
/** How long a client may take to send the request which is told that there is no core. */
const firstRequestMs = 2_000;
/** As much is held of requests that are under way; then no more are read. */
const mostHeld = 4 * messageLimit;

/**
 * Runs until the input ends or it is told to stop.
 * @param options what to connect
 * @throws {UserError} if there is no core at the start; the requests that came until then have been answered so
 */
export async function runBridge(options: BridgeOptions): Promise<void> {
  const { path, link, input, output, stop } = options;
  const end = new AbortController();
  const reading = AbortSignal.any([stop, end.signal]);
  const session = createSession(path, link, output);
  const calls = createCalls(path, link, session, output, end.signal);
  const subscriptions = createSubscriptions(path, link, output, end.signal);
  /** Requests and notifications that are under way. */
  const underWay = new Set<Promise<void>>();
  /** The messages of a session wait until it is open. */
  let opened: Promise<unknown> = Promise.resolve();
  let isFollowing = false;
  const answered = Promise.withResolvers<void>();

  const first = link.get();
  let failure: { error: unknown } | null = null;
  const withoutCore = new Promise<void>((resolve) => {
    first.catch((error) => {
      failure = { error };
      resolve();
    });
  });

  function track(work: Promise<void>): Promise<void> {
    underWay.add(work);
    void work.then(() => underWay.delete(work));
    return work;
  }

  /** Sends what has no answer. */
  async function tell(message: ClientNotification | ClientResponse): Promise<void> {
    try {
      await first;
      const revision = modernRevision(message);
      for (let tries = 1; tries <= 2; tries++) {
        const id = session.id();
        if (id === null && revision === null) return; // nobody has a use for it
        const transport = await link.get();
        const outcome = await exchange(transport, path, {
          method: "POST",
          headers: message.kind === "notification" && revision !== null
            ? modernHeaders(message, revision)
            : session.headers(),
          body: message.text,
          signal: end.signal,
          onMessage: ({ text }) => output.write(text),
        });
        if (outcome.kind === "undelivered") link.drop(transport);
        else if (outcome.kind === "refused" && outcome.status === 404 && id && !revision) {
          await session.renew(id);
        } else return;
      }
    } catch (error) {
      if (!end.signal.aborted) {
        log.warn("a message was not delivered: {error}", { error: messageOf(error) });
      }
    }
  }

  async function cancel(message: ClientNotification): Promise<void> {
    const { requestId } = message.params;
    if (subscriptions.cancel(requestId)) return;
    if (await calls.cancel(requestId) === "sent") await tell(message);
  }

  function take(message: ClientMessage): void {
    switch (message.kind) {
      case "invalid":
        void track(output.write(errorLine(null, message.message, message.code)));
        return;
      case "response":
        void track(tell(message));
        return;
      case "notification":
        if (message.method === "notifications/cancelled") void track(cancel(message));
        else if (message.method === "notifications/initialized") {
          opened = track(opened.then(() => tell(message)).then(follow));
        } else {
          const after = opened;
          void track(after.then(() => tell(message)));
        }
        return;
      case "request": {
        const revision = modernRevision(message);
        if (revision !== null && message.method === listenMethod) {
          void first.then(
            () => subscriptions.keep(message, revision),
            (error) => output.write(errorLine(message.id, describe(error))),
          ).then(() => answered.resolve());
          return;
        }
        const after = revision === null ? Promise.all([first, opened]) : first;
        after.catch(() => {});
        const carried = track(calls.carry(message, after).then(() => answered.resolve()));
        if (message.method === "initialize" && revision === null) opened = carried;
      }
    }
  }

  function follow(): void {
    if (isFollowing || session.id() === null) return;
    isFollowing = true;
    void session.follow(end.signal);
  }

  async function readAll(): Promise<void> {
    for await (const line of readLines(input, reading)) {
      if (line === null) {
        const why = `a message of more than ${messageLimit} bytes`;
        void track(output.write(errorLine(null, `Invalid Request: ${why}`, invalidRequest)));
        continue;
      }
      for (const message of readLine(line)) take(message);
      while (calls.size() > mostHeld && !reading.aborted) await Promise.race(underWay);
    }
  }

  const read = readAll().catch((error) => {
    log.warn("the input cannot be read: {error}", { error: messageOf(error) });
  });
  const stopped = new Promise<void>((resolve) => {
    if (stop.aborted) resolve();
    stop.addEventListener("abort", () => resolve(), { once: true });
  });
  try {
    await Promise.race([read, stopped, withoutCore]);
    if (failure) {
      const patience = pause(firstRequestMs, end.signal);
      await Promise.race([answered.promise, read, stopped, patience]);
    }
    const answers = Promise.allSettled([first, ...underWay]);
    await Promise.race([settlesWithin(answers, lastAnswersMs), stopped]);
  } finally {
    end.abort();
    await session.end(AbortSignal.timeout(farewellMs)).catch(() => {});
  }
  if (failure) throw (failure as { error: unknown }).error;
}
