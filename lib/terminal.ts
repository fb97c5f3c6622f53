/** The two streams on which the command line talks. */

const encoder = new TextEncoder();

/**
 * Writes what was asked for to standard output.
 * @param text without the newline at its end
 * @returns false once nobody reads any more, as when `head` has had enough
 */
export function say(text: string): boolean {
  return write(Deno.stdout, text);
}

/**
 * Writes what went wrong, or is worth knowing beside the answer, to standard error.
 * @param text without the newline at its end
 */
export function complain(text: string): void {
  write(Deno.stderr, text);
}

function write(stream: { writeSync(data: Uint8Array): number }, text: string): boolean {
  const bytes = encoder.encode(`${text}\n`);
  try {
    for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
    return true;
  } catch (error) {
    // Whoever reads has heard enough, as `head` does.
    if (error instanceof Deno.errors.BrokenPipe) return false;
    throw error;
  }
}
