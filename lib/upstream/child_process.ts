/** A child process as the upstreams see it, whatever the system. */

/** What to start. */
export interface ChildCommand {
  /** An absolute path. */
  program: string;
  args: readonly string[];
  directory: string;
  /** All of its environment. */
  environment: Readonly<Record<string, string>>;
}

/** A started program with everything that it starts in turn. */
export interface ChildProcess {
  readonly pid: number;
  readonly stdin: WritableStream<Uint8Array<ArrayBuffer>>;
  readonly stdout: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly stderr: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Resolves when the program has ended, by itself or not. */
  readonly exited: Promise<Deno.CommandStatus>;
  /**
   * Ends it with all of its descendants: waits a moment for it to end by itself, since the caller has closed its standard
   * input, asks it to, then forces it. Resolves when they are gone, within about 4 s; never rejects.
   */
  end(): Promise<void>;
}

/** Starts the children of one core. */
export interface ChildProcesses {
  /**
   * Starts a program. It runs no instruction before its end is made sure of.
   * @param signal ends the attempt
   * @throws the reason of the signal, or an Error if the system refuses
   */
  start(command: ChildCommand, signal: AbortSignal): Promise<ChildProcess>;
  /** Gives free what watches over the children; they have all ended. */
  close(): Promise<void>;
}
