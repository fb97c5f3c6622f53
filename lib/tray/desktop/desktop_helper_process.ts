/**
 * The helper's process: systray2's program, which speaks JSON, one message a line. It says `ready`, takes the first menu,
 * then changes; it tells clicks. It ends when its standard input ends, so it never outlives us.
 */
import { spawn } from "node:child_process"; // Deno.Command would open a console window on Windows
import { createInterface } from "node:readline";
import { logger } from "../../log.ts";

/** A running helper. */
export interface Helper {
  /** Sends a message; nothing to one that has ended. */
  send(message: object): void;
  /** Resolves when it has ended, whoever ended it. */
  readonly ended: Promise<void>;
  /** Has it take its icon away, and waits for its end: 2 s at most. */
  end(): Promise<void>;
}

const readyLimit = 10_000;
const endLimit = 2_000;
const log = logger("tray");

/**
 * Starts a helper.
 * @param command the program and its arguments
 * @param onClick told the number of an item that was clicked
 * @returns the helper, which waits for its first menu
 * @throws an Error if it does not start or is not ready within 10 s
 */
export async function startHelper(
  command: readonly string[],
  onClick: (number: number) => void,
): Promise<Helper> {
  const [program, ...args] = command;
  const child = spawn(program!, args, {
    windowsHide: true,
    stdio: ["pipe", "pipe", "ignore"],
  });
  const stdin = child.stdin;
  stdin.on("error", () => {}); // its end is told by `ended`
  const { promise: ready, resolve: onReady, reject: onFailure } = Promise.withResolvers<void>();
  const ended = new Promise<void>((resolve) => {
    child.on("close", (code) => {
      onFailure(new Error(`the tray helper ended (${code ?? "signal"})`));
      resolve();
    });
    child.on("error", (error) => {
      onFailure(error);
      resolve();
    });
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message = parse(line);
    if (message.type === "ready") onReady();
    if (message.type === "clicked" && typeof message.__id === "number") onClick(message.__id);
  });

  const end = async () => {
    stdin.end('{"type":"exit"}\n');
    const limit = setTimeout(() => child.kill("SIGKILL"), endLimit);
    await ended;
    clearTimeout(limit);
  };
  const limit = setTimeout(
    () => onFailure(new Error(`the tray helper is not ready after ${readyLimit} ms`)),
    readyLimit,
  );
  try {
    await ready;
  } catch (error) {
    await end();
    throw error;
  } finally {
    clearTimeout(limit);
  }
  return {
    send: (message) => void (stdin.writable && stdin.write(`${JSON.stringify(message)}\n`)),
    ended,
    end,
  };
}

function parse(line: string): { type?: unknown; __id?: unknown } {
  try {
    return Object(JSON.parse(line));
  } catch {
    log.debug("the tray helper said {line}", { line: line.slice(0, 200) });
    return {};
  }
}
