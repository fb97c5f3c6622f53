/**
 * At most once: a client may send a request again when its connection dies, as Deno's fetch does, POST too, though it may
 * have been carried out. So each request that must not be carried out twice has a number of its own in its session, the
 * same however often it is sent, and the listener carries out a number once. It is the way of RFC 4303, section 3.4.3,
 * against replays.
 */

/** The header with a request's number; in an answer, why a request that has one was not carried out. */
export const onceHeader = "x-mcpproxy-once";

/**
 * Why a request was not carried out now, status 409. Either way it may have been before:
 * - `seen`: its number has come before, or is so far behind that this is no longer known;
 * - `unknown-session`: who knows what has come in its session is no more, such as a core that has been restarted.
 */
export type OnceRefusal = "seen" | "unknown-session";

/**
 * The answer to a request that is not carried out now.
 * @param why what the client shall know
 * @param headers to add, such as a new session
 * @returns status 409
 */
export function refuseTwice(why: OnceRefusal, headers: Record<string, string> = {}): Response {
  const error = "not carried out now, since it may have been carried out before";
  return Response.json(
    { success: false, error },
    { status: 409, headers: { ...headers, [onceHeader]: why } },
  );
}

/** How far a number may be behind the highest one. Requests overtake each other, but not by more than are under way. */
export const onceWindow = 4096;

/**
 * Remembers the numbers of one session, in 512 bytes at most.
 * @returns tells whether a header value is a number (1 to 2⁵³ − 1) that comes for the first time; if in doubt, it does not
 */
export function createOnceWindow(): (value: string) => boolean {
  let bits: Uint8Array | null = null; // most sessions never need it
  let highest = 0;
  return (value) => {
    const number = Number(value);
    if (!/^[1-9][0-9]*$/.test(value) || !Number.isSafeInteger(number)) return false;
    if (number <= highest - onceWindow) return false;
    bits ??= new Uint8Array(onceWindow / 8);
    // What lies between belongs to numbers one round before.
    if (number > highest + onceWindow) bits.fill(0);
    else for (let between = highest + 1; between <= number; between++) clear(bits, between);
    highest = Math.max(highest, number);
    return set(bits, number);
  };
}

function clear(bits: Uint8Array, number: number): void {
  const at = number % onceWindow;
  bits[at >> 3]! &= ~(1 << (at & 7));
}

/** @returns whether it was not set before */
function set(bits: Uint8Array, number: number): boolean {
  const at = number % onceWindow;
  const former = bits[at >> 3]!;
  bits[at >> 3] = former | 1 << (at & 7);
  return bits[at >> 3] !== former;
}
