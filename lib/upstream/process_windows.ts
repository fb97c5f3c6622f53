/**
 * Child processes on Windows. This process puts itself into a job that ends with it, so what it starts is in there from its
 * first instruction, and so is what that starts; and each server has a job of its own within, to be ended by.
 */
import { logger } from "../log.ts";
import type { ChildCommand, ChildProcess, ChildProcesses } from "./child_process.ts";
import { commandLine } from "../command_windows.ts";
import { Job } from "./job_windows.ts";
import { pause, settlesWithin } from "../waiting.ts";

/** Milliseconds that a program has to end: by itself, since its input is closed, and after it was ended. */
const grace = { itself: 2_000, kill: 1_000 };
const pollMs = 20;

/** Held as long as this process lives: closing it would end us. */
let ours: Job | undefined;

/** {@linkcode ChildProcesses} of Windows. */
export class WindowsChildProcesses implements ChildProcesses {
  constructor() {
    if (ours) return;
    ours = new Job();
    if (!ours.addSelf()) {
      logger("upstream").warn(
        "Windows does not let this process into a job; a server that it starts just before it is killed may stay",
      );
    }
  }

  // deno-lint-ignore require-await -- what is thrown has to reject
  async start(command: ChildCommand, signal: AbortSignal): Promise<ChildProcess> {
    signal.throwIfAborted();
    const systemRoot = Deno.env.get("SystemRoot") ?? "C:\\Windows";
    const { program, args, isRaw } = commandLine(command.program, command.args, systemRoot);
    const job = new Job();
    let process: Deno.ChildProcess;
    try {
      process = new Deno.Command(program, {
        args,
        windowsRawArguments: isRaw,
        cwd: command.directory,
        clearEnv: true,
        env: command.environment,
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
    } catch (error) {
      job.close();
      throw error;
    }
    // It needs far longer to start another than we to get here; one that it had would end with this process only.
    job.add(process.pid); // false if it has ended already
    return new WindowsChildProcess(process, job);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

class WindowsChildProcess implements ChildProcess {
  readonly pid: number;
  readonly stdin: WritableStream<Uint8Array<ArrayBuffer>>;
  readonly stdout: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly stderr: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly exited: Promise<Deno.CommandStatus>;
  readonly #job: Job;
  #ending: Promise<void> | undefined;

  constructor(process: Deno.ChildProcess, job: Job) {
    this.pid = process.pid;
    this.stdin = process.stdin;
    this.stdout = process.stdout;
    this.stderr = process.stderr;
    this.exited = process.status;
    this.#job = job;
  }

  end(): Promise<void> {
    return this.#ending ??= this.#end();
  }

  async #end(): Promise<void> {
    await settlesWithin(this.exited, grace.itself);
    // Also when the program has ended by itself: what it started may have stayed.
    this.#job.terminate();
    await settlesWithin(this.exited, grace.kill);
    for (let waited = 0; waited < grace.kill && this.#job.size() > 0; waited += pollMs) {
      await pause(pollMs);
    }
    this.#job.close();
  }
}
