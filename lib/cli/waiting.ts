/** Tells a person at a terminal what is being waited for, once it takes long enough to wonder. */

const quietMs = 500;

/**
 * Waits, and after half a second says on standard error for what, if that is a terminal.
 * @param what it waits for: "the core", "everything to connect"
 * @param work what is under way; a function is given one by which it can say something else while it waits
 * @returns what the work resolves with
 * @throws what the work rejects with
 */
export async function waitFor<Result>(
  what: string,
  work: Promise<Result> | ((tell: (text: string) => void) => Promise<Result>),
): Promise<Result> {
  let text = `Waiting for ${what}…`;
  let show = () => {};
  const tell = (now: string) => {
    text = now;
    show();
  };
  const result = typeof work === "function" ? work(tell) : work;
  if (!Deno.stderr.isTerminal()) return await result;
  let stop = () => {};
  const timer = setTimeout(async () => {
    const { default: createSpinner } = await import("yocto-spinner");
    if (ended) return;
    const spinner = createSpinner({ text }).start();
    show = () => void (spinner.text = text);
    stop = () => void spinner.stop();
  }, quietMs);
  let ended = false;
  try {
    return await result;
  } finally {
    ended = true;
    clearTimeout(timer);
    stop();
  }
}
