/**
 * Job objects: what a process group is to a Unix, but that nobody can leave it. Pages below learn.microsoft.com/windows:
 * win32/procthread/job-objects, win32/api/jobapi2, win32/api/winnt/ns-winnt-jobobject_extended_limit_information.
 */

const H = "usize"; // HANDLE
const U = "u32";
const I = "i32";

const kernel32 = {
  CreateJobObjectW: { parameters: ["pointer", "pointer"], result: H },
  SetInformationJobObject: { parameters: [H, U, "buffer", U], result: I },
  QueryInformationJobObject: { parameters: [H, U, "buffer", U, "pointer"], result: I },
  AssignProcessToJobObject: { parameters: [H, H], result: I },
  TerminateJobObject: { parameters: [H, U], result: I },
  GetCurrentProcess: { parameters: [], result: H },
  OpenProcess: { parameters: [U, I, U], result: H },
  CloseHandle: { parameters: [H], result: I },
} as const;

const JobObjectBasicAccountingInformation = 1;
const JobObjectExtendedLimitInformation = 9;
const JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE = 0x2000;
const PROCESS_TERMINATE = 0x0001;
const PROCESS_SET_QUOTA = 0x0100;
// On 64 bits: sizes of the structures, and where in them the number lies that is wanted.
const accountingBytes = 48;
const activeProcesses = 40;
const limitBytes = 144;
const limitFlags = 16;
/** The exit code of what is ended. */
const endedCode = 1;

type Kernel = Deno.DynamicLibrary<typeof kernel32>["symbols"];
let opened: Kernel | undefined;

function open(): Kernel {
  return opened ??= Deno.dlopen("kernel32.dll", kernel32).symbols;
}

/** A job that ends all of its processes when nobody holds it any more, however its holder ends. */
export class Job {
  readonly #kernel = open();
  readonly #handle: bigint;

  /** Makes an empty one. @throws if the system refuses */
  constructor() {
    this.#handle = this.#kernel.CreateJobObjectW(null, null);
    const limits = new Uint8Array(limitBytes);
    new DataView(limits.buffer).setUint32(limitFlags, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, true);
    const made = this.#handle !== 0n && this.#kernel.SetInformationJobObject(
      ...[this.#handle, JobObjectExtendedLimitInformation, limits, limitBytes] as const,
    );
    if (made) return;
    if (this.#handle !== 0n) this.close();
    throw new Error("Windows makes no job object");
  }

  /** Takes in this process, and so whatever it starts from now on. It must not be closed then. @returns false if refused */
  addSelf(): boolean {
    return this.#kernel.AssignProcessToJobObject(
      this.#handle,
      this.#kernel.GetCurrentProcess(),
    ) !== 0;
  }

  /** Takes in a process, and so whatever it starts from now on. @returns false if it has ended, or Windows refuses */
  add(pid: number): boolean {
    const process = this.#kernel.OpenProcess(PROCESS_TERMINATE | PROCESS_SET_QUOTA, 0, pid);
    if (process === 0n) return false;
    const isIn = this.#kernel.AssignProcessToJobObject(this.#handle, process) !== 0;
    this.#kernel.CloseHandle(process);
    return isIn;
  }

  /** Processes that have not ended. */
  size(): number {
    const counts = new Uint8Array(accountingBytes);
    const known = this.#kernel.QueryInformationJobObject(
      ...[
        this.#handle,
        JobObjectBasicAccountingInformation,
        counts,
        accountingBytes,
        null,
      ] as const,
    );
    return known ? new DataView(counts.buffer).getUint32(activeProcesses, true) : 0;
  }

  /** Ends all of its processes. */
  terminate(): void {
    this.#kernel.TerminateJobObject(this.#handle, endedCode);
  }

  /** Lets it go; what is still in it ends. */
  close(): void {
    this.#kernel.CloseHandle(this.#handle);
  }
}
