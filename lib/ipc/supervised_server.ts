/**
 * A Deno.serve that comes back. An accept error such as EMFILE (too many open files) ends its accept loop and rejects
 * `finished`; for the core that is a pause, not the end.
 */
import { logger } from "../log.ts";
import { messageOf } from "../errors.ts";

/** A server that is kept up. */
export interface SupervisedServer {
  /** Ends it: drains for at most `graceMs` milliseconds, then cuts off. */
  stop(graceMs: number): Promise<void>;
}

const firstPauseMs = 50;
const longestPauseMs = 2_000;
const cutEveryMs = 50;
const cuts = 10;

/**
 * Keeps a server up.
 * @param listen starts the server, synchronously; called again after each accept error
 * @param cutOff ends every connection of the server at once
 * @param name for the log
 * @returns the server; the first `listen` has succeeded
 * @throws whatever the first `listen` throws
 */
export function superviseServer(
  listen: () => Deno.HttpServer,
  cutOff: () => void,
  name: string,
): SupervisedServer {
  const log = logger("ipc");
  let server = listen();
  let stopping = false;
  let wake = () => {};
  // Servers that accept no more, until the last of their requests has ended.
  const draining = new Set<Promise<void>>();

  function drain(): void {
    const drained = server.shutdown()
      .catch((error) => log.debug("{name}: {error}", { name, error: messageOf(error) }))
      .finally(() => draining.delete(drained));
    draining.add(drained);
  }

  async function relisten(): Promise<void> {
    for (let pauseMs = firstPauseMs; !stopping; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pauseMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      if (stopping) return;
      try {
        server = listen();
        log.info("{name} listens again", { name });
        return;
      } catch (error) {
        log.error("{name} cannot listen again yet: {error}", { name, error: messageOf(error) });
      }
    }
  }

  async function supervise(): Promise<void> {
    while (!stopping) {
      try {
        await server.finished;
        if (stopping) return;
        throw new Error("the server ended by itself");
      } catch (error) {
        if (stopping) return;
        log.error("{name} stopped accepting: {error}", { name, error: messageOf(error) });
        drain(); // gives back the descriptors of idle connections
        await relisten();
      }
    }
  }
  void supervise();

  return {
    async stop(graceMs) {
      stopping = true;
      wake();
      drain();
      const drained = Promise.all(draining);
      // Not by the signal of Deno.serve: to abort it after shutdown() is an uncaught BadResource (Deno 2.9). Again and
      // again, since a connection may just have been accepted; and not for ever, since a handler may never return.
      for (let waitMs = graceMs, cut = 0; cut <= cuts; waitMs = cutEveryMs, cut++) {
        if (await endsWithin(drained, waitMs)) return;
        cutOff();
      }
      log.warn("{name} has requests that do not end", { name });
    },
  };
}

/**
 * Answers a request whose handler has thrown; for `onError` of Deno.serve. Deno's own answer prints the stack, for which
 * Deno 2.9 opens files and compiles: a panic, where no descriptor is left.
 * @param error what was thrown
 * @returns an answer that says nothing
 */
export function answerHandlerError(error: unknown): Response {
  logger("ipc").error("a request has failed: {error}", { error: messageOf(error) });
  return Response.json({ success: false, error: "internal error" }, { status: 500 });
}

async function endsWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const { promise: timeout, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), ms);
  try {
    return await Promise.race([promise.then(() => true), timeout]);
  } finally {
    clearTimeout(timer);
  }
}
