/** Processes that listen on TCP, and asking a program of the system for them. */

/** A process that listens on a port. */
export interface PortHolder {
  pid: number;
  /** Its program's name, as it calls itself: to be shown, not to be trusted. */
  name: string;
}

/** Somebody who listens on TCP. */
export interface PortListener extends PortHolder {
  /** An IP address, `*` for every interface; an IPv6 one without brackets and zone. */
  hostname: string;
  port: number;
}

/**
 * What a program prints.
 * @param program its name or path @param args its arguments
 * @returns "" if it is not there, fails to start, or takes longer than 5 s
 */
export async function printedBy(program: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await new Deno.Command(program, {
      args: [...args],
      ...{ stdin: "null", stdout: "piped", stderr: "null" },
      signal: AbortSignal.timeout(5_000),
    }).output();
    return new TextDecoder().decode(stdout);
  } catch {
    return "";
  }
}
