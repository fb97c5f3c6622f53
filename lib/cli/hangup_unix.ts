/** Whether this process was started so that it outlives its terminal. */
import { operatingSystem } from "../platform.ts";

const SIGHUP = 1;
const SIG_IGN = 1n; // signal.h, on Linux and macOS alike

/**
 * Asks how SIGHUP is handled, by sigaction(2). The answer is lost as soon as Deno listens to any signal.
 * @returns true if it is ignored, as nohup(1) has it
 */
export function hangupIsIgnored(): boolean {
  const library = operatingSystem === "darwin" ? "/usr/lib/libSystem.B.dylib" : "libc.so.6";
  const libc = Deno.dlopen(library, {
    sigaction: { parameters: ["i32", "pointer", "buffer"], result: "i32" },
  });
  // struct sigaction has 152 bytes with glibc, fewer elsewhere; the handler comes first.
  const former = new BigUint64Array(32);
  const known = libc.symbols.sigaction(SIGHUP, null, former) === 0;
  libc.close();
  return known && former[0] === SIG_IGN;
}
