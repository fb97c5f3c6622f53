/** Standard input: lines of bounded length. */
import { LineSplitter } from "../line_splitter.ts";

/** The longest message, in bytes: the core takes no longer one. */
export const messageLimit = 16 * 1024 * 1024;

/**
 * Reads lines until the stream or `signal` ends.
 * @param stream of bytes
 * @param signal ends it early
 * @returns the lines that are not empty, without their ends; null for one of more than {@linkcode messageLimit} bytes
 */
export async function* readLines(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<string | null, void, void> {
  const splitter = new LineSplitter(messageLimit + 1, "cut");
  const reader = stream.getReader();
  const cancel = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel, { once: true });
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      for (const line of splitter.push(next.value)) if (line.trim() !== "") yield bounded(line);
    }
    const rest = splitter.rest();
    if (rest.trim() !== "") yield bounded(rest);
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

function bounded(line: string): string | null {
  // No text has fewer bytes than characters, nor more than three for each.
  if (line.length * 3 <= messageLimit) return line;
  return new TextEncoder().encode(line).length > messageLimit ? null : line;
}
