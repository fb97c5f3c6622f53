/** Standard output: whole lines, one after the other, and no faster than they are read. */

/** Takes the lines. */
export interface Output {
  /**
   * Writes a line. Never rejects: where nobody reads any more, nothing is written.
   * @param line one JSON-RPC message, without line breaks
   * @returns once it is written, so that who waits for this is no faster than the reader
   */
  write(line: string): Promise<void>;
}

/**
 * Makes the output.
 * @param sink such as `Deno.stdout`
 * @param onBroken told once, when nobody reads any more
 */
export function createOutput(
  sink: { write(bytes: Uint8Array): Promise<number> },
  onBroken: () => void,
): Output {
  const encoder = new TextEncoder();
  let last = Promise.resolve();
  let broken = false;

  async function writeNow(line: string): Promise<void> {
    if (broken) return;
    const bytes = encoder.encode(`${line}\n`);
    try {
      for (let at = 0; at < bytes.length;) at += await sink.write(bytes.subarray(at));
    } catch {
      broken = true;
      onBroken();
    }
  }

  return {
    write(line) {
      last = last.then(() => writeNow(line));
      return last;
    },
  };
}
