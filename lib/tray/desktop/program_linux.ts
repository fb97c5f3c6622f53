/** Starts programs of the desktop. */
import { messageOf } from "../../errors.ts";
import { logger } from "../../log.ts";

const log = logger("tray");

/** How to start a program. */
export interface ProgramOptions {
  args: readonly string[];
  /** Where it is looked for; our own PATH if not given. */
  searchPath?: string | undefined;
  /** Its standard input; nothing if not given. */
  input?: string;
  /** Milliseconds to wait for its end. */
  patience: number;
}

/**
 * Starts a program by its name, never through a shell, in a session of its own: what is typed into our terminal does not
 * reach it, and it may outlive us.
 * @returns `missing` if it is not installed (or we are not allowed to start it), `failed` if it said so, `done` if it ended
 * well, `running` if it still ran when the patience was at its end
 */
export async function runProgram(
  program: string,
  { args, searchPath, input, patience }: ProgramOptions,
): Promise<"missing" | "failed" | "done" | "running"> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args: [...args],
      ...searchPath === undefined ? {} : { env: { PATH: searchPath } },
      stdin: input === undefined ? "null" : "piped",
      stdout: "null",
      stderr: "null",
      detached: true,
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) {
      return "missing";
    }
    log.debug("{program} did not start: {reason}", { program, reason: messageOf(error) });
    return "failed";
  }
  child.unref();
  if (input !== undefined) await write(child.stdin, input);
  let limit: ReturnType<typeof setTimeout> | undefined;
  const result = await Promise.race([
    child.status.then(({ success }) => success ? "done" as const : "failed" as const),
    new Promise<"running">((resolve) => limit = setTimeout(() => resolve("running"), patience)),
  ]);
  clearTimeout(limit);
  return result;
}

async function write(stdin: WritableStream<Uint8Array<ArrayBuffer>>, text: string): Promise<void> {
  const writer = stdin.getWriter();
  // A program that ends without reading says so by its exit code.
  await writer.write(new TextEncoder().encode(text)).catch(() => {});
  await writer.close().catch(() => {});
}
