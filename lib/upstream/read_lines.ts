/** Reads lines from a process that may write faster than is good for everybody else. */
import { LineSplitter, LineTooLongError, type LongLine } from "../line_splitter.ts";
import { pause } from "../waiting.ts";

/** Milliseconds of rest after each batch of a flood. */
const rest = 8;

/** How to read. */
export interface ReadLinesOptions {
  /** Bytes a line may have. */
  limit: number;
  /** What happens to a longer one. */
  longLine: LongLine;
  /**
   * Lines nobody has asked for that are taken from one chunk without a rest. A chunk that holds more is no conversation but a
   * flood; while we rest, the pipe fills and the writer waits.
   */
  batch: number;
  /** Ends the reading. */
  signal: AbortSignal;
}

/**
 * Reads a stream to its end.
 * @param take gets each line, without its line end; says whether somebody has asked for it
 * @throws {Error} if a line is too long and `longLine` is "fail", or the stream fails; the stream is given up then
 */
export async function readLines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  { limit, longLine, batch, signal }: ReadLinesOptions,
  take: (line: string) => boolean,
): Promise<void> {
  const splitter = new LineSplitter(limit, longLine);
  const reader = stream.getReader();
  const cancel = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel, { once: true });
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      let unasked = 0;
      for (const line of splitter.push(next.value)) {
        if (!take(line)) unasked++;
        if (unasked < batch) {
          // The SDK handles a notification one microtask late: without this, progress just before an answer is lost.
          await undefined;
        } else {
          await pause(rest, signal);
          unasked = 0;
        }
      }
    }
    const last = splitter.rest();
    if (last !== "") take(last);
  } catch (error) {
    cancel();
    if (!(error instanceof LineTooLongError)) throw error;
    throw new Error(`the server wrote a message of more than ${limit >> 20} MB and was cut off`);
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}
