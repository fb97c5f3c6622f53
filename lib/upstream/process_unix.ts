/**
 * Child processes on Linux and macOS. Each is the leader of a session and a process group of its own (`detached`), so that
 * one signal reaches all that it starts. It begins as a shell that waits for a line on its standard input: only when the
 * guardian knows its group is the line sent, and the shell becomes the program (exec keeps the id). A core that is killed
 * before leaves a shell that reads the end of its input and goes.
 */
import type { ChildCommand, ChildProcess, ChildProcesses } from "./child_process.ts";
import { ChildRecord } from "./child_record_unix.ts";
import { Guardian } from "./guardian_unix.ts";
import { groupLives, signalGroup } from "./process_group_unix.ts";
import { pause, settlesWithin, untilAborted } from "../waiting.ts";

/** POSIX has `read` take a pipe byte by byte, so it leaves to the program what comes after the line. */
const gate = 'read -r _ && exec "$@"';
/** A shell hands on only variables with such names. */
const shellName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Milliseconds that a program has to end: by itself, after SIGTERM, after SIGKILL. */
const grace = { itself: 700, term: 2_000, kill: 1_000 };

/** {@linkcode ChildProcesses} of a Unix. */
export class UnixChildProcesses implements ChildProcesses {
  readonly #guardian = new Guardian();
  readonly #record: ChildRecord;
  readonly #strays: Promise<void>;

  /** @param dataDirectory where the record of children lies */
  constructor(dataDirectory: string) {
    this.#record = new ChildRecord(dataDirectory);
    this.#strays = this.#record.endStrays(); // reads the file at once, before a first child is written down
  }

  async start(command: ChildCommand, signal: AbortSignal): Promise<ChildProcess> {
    await untilAborted(this.#strays, signal); // what they hold, a port or a file, may be what this one needs
    // A variable such as `a.b` would get lost in the shell. Such a program starts at once; the guardian hears of it some
    // milliseconds late.
    const gated = Object.keys(command.environment).every((name) => shellName.test(name));
    const child = new UnixChildProcess(
      new Deno.Command(gated ? "/bin/sh" : command.program, {
        args: gated ? ["-c", gate, "sh", command.program, ...command.args] : [...command.args],
        cwd: command.directory,
        clearEnv: true,
        env: command.environment,
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
        detached: true,
      }).spawn(),
      (pid) => this.#forget(pid),
    );
    const noted = Promise.all([this.#record.add(child.pid), this.#guardian.add(child.pid)]);
    try {
      await untilAborted(noted, signal);
      if (gated) await untilAborted(openGate(child.stdin), signal);
      return child;
    } catch (error) {
      await Promise.all([child.abandon(), settlesWithin(noted, grace.kill)]);
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#strays, settlesWithin(this.#guardian.close(), grace.kill)]);
  }

  async #forget(pid: number): Promise<void> {
    this.#record.remove(pid);
    // A guardian that does not answer must not keep the core from ending.
    await settlesWithin(this.#guardian.remove(pid), grace.kill);
  }
}

class UnixChildProcess implements ChildProcess {
  readonly #process: Deno.ChildProcess;
  readonly #forget: (pid: number) => Promise<void>;
  readonly exited: Promise<Deno.CommandStatus>;
  #ending: Promise<void> | undefined;

  constructor(process: Deno.ChildProcess, forget: (pid: number) => Promise<void>) {
    this.#process = process;
    this.#forget = forget;
    this.exited = process.status;
  }

  get pid(): number {
    return this.#process.pid;
  }

  get stdin(): WritableStream<Uint8Array<ArrayBuffer>> {
    return this.#process.stdin;
  }

  get stdout(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#process.stdout;
  }

  get stderr(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#process.stderr;
  }

  end(): Promise<void> {
    return this.#ending ??= this.#end(grace.itself, grace.term);
  }

  /** Ends it at once, before anybody has taken its streams. */
  async abandon(): Promise<void> {
    this.#ending ??= this.#end(0, 0);
    await this.#ending;
    await Promise.allSettled([this.stdin.abort(), this.stdout.cancel(), this.stderr.cancel()]);
  }

  async #end(itself: number, term: number): Promise<void> {
    await settlesWithin(this.exited, itself);
    // Also when the program has ended by itself: what it started may have stayed.
    if (term > 0 && groupLives(this.pid)) {
      signalGroup(this.pid, "SIGTERM");
      for (let waited = 0; waited < term && groupLives(this.pid); waited += 20) await pause(20);
    }
    if (groupLives(this.pid)) signalGroup(this.pid, "SIGKILL");
    await settlesWithin(this.exited, grace.kill);
    await this.#forget(this.pid);
  }
}

async function openGate(stdin: WritableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode("\n"));
  } finally {
    writer.releaseLock();
  }
}
