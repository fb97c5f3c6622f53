/** The stream of one client that follows the events, with a bounded queue before it. */

/** One client, as the hub sees it. */
export interface ClientStream {
  /** What the client's response is made of. */
  readonly readable: ReadableStream<Uint8Array>;
  /** Queues bytes for the client, or ends it if it has let too much pile up; it can come back and ask for the rest. */
  send(frame: Uint8Array): void;
  /** Ends the stream after what has been sent, and lets go of what has not. */
  end(): void;
}

/**
 * Opens a stream. The queue is our own, since what waits within a ReadableStream can be dropped only by an error, and
 * Deno.serve prints such an error.
 * @param limit the client is ended when another event comes while more bytes than this wait for it
 * @param onEnd called once when the stream has ended, whoever ended it
 * @returns the stream
 */
export function openClientStream(limit: number, onEnd: () => void): ClientStream {
  let queue: Uint8Array[] = [];
  let queued = 0;
  let ended = false;
  /** Set while the client wants more than there is. */
  let resume: (() => void) | undefined;
  let controller: ReadableStreamDefaultController<Uint8Array>;

  function finish(): void {
    if (ended) return;
    ended = true;
    queue = [];
    onEnd();
  }

  function end(): void {
    if (ended) return;
    controller.close();
    finish();
  }

  function passOn(): void {
    const frame = queue.shift();
    if (frame === undefined) return;
    queued -= frame.byteLength;
    controller.enqueue(frame);
    resume?.();
    resume = undefined;
  }

  return {
    readable: new ReadableStream<Uint8Array>({
      start: (own) => void (controller = own),
      pull: () =>
        new Promise((resolve) => {
          resume = resolve;
          passOn();
        }),
      cancel: finish,
    }, { highWaterMark: 0 }),

    send(frame) {
      if (ended) return;
      // What waits counts, not what comes: else an event larger than the limit could never be delivered.
      if (queued > limit) return end();
      queue.push(frame);
      queued += frame.byteLength;
      if (resume !== undefined) passOn();
    },

    end,
  };
}
