/**
 * Tells whoever started us where we listen on TCP, as one line of JSON on standard output: the last thing before we are
 * ready.
 */
export function announce({ hostname, port }: Deno.NetAddr): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify({ hostname, port })}\n`));
}
