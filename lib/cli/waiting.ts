/** Tells a person at a terminal what is being waited for, once it takes long enough to wonder. */

const quietMs = 500;

/**
 * Waits, and after half a second says on standard error for what, if that is a terminal.
 * @param what it waits for: "the core", "everything to connect"
 * @param work what is under way
 * @returns what the work resolves with
 * @throws what the work rejects with
 */
export async function waitFor<Result>(what: string, work: Promise<Result>): Promise<Result> {
  if (!Deno.stderr.isTerminal()) return await work;
  let stop = () => {};
  const timer = setTimeout(async () => {
    const { default: createSpinner } = await import("yocto-spinner");
    if (ended) return;
    const spinner = createSpinner({ text: `Waiting for ${what}…` }).start();
    stop = () => void spinner.stop();
  }, quietMs);
  let ended = false;
  try {
    return await work;
  } finally {
    ended = true;
    clearTimeout(timer);
    stop();
  }
}
