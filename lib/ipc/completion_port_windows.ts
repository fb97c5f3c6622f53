/**
 * One I/O completion port for everything that the private channel waits for, so that however many connections there are,
 * one thread of the runtime waits, and not one for each.
 */
import { addressOf, type Handle, invalidHandle, type Native } from "./native_windows.ts";

/** How an operation ended. */
export interface Completion {
  /** NTSTATUS, unsigned. */
  status: number;
  bytes: number;
}

interface Operation {
  /** IO_STATUS_BLOCK: the status, then the count of bytes (wdm.h). */
  result: BigUint64Array<ArrayBuffer>;
  /** What the system reads or writes meanwhile. */
  memory: unknown;
  done(completion: Completion): void;
}

const entryWords = 4; // OVERLAPPED_ENTRY: key, OVERLAPPED *, internal, bytes (minwinbase.h)
const entriesAtOnce = 64;
const forever = 0xffff_ffff; // INFINITE
/** From here on a status is an error, which is told at once and not by the port (NT_ERROR, ntdef.h). */
const firstError = 0xc000_0000;

/** Starts operations, and tells when they are done. */
export class CompletionPort {
  readonly #native: Native;
  readonly #port: Handle;
  readonly #operations = new Map<bigint, Operation>();
  #waiting = false;

  /** @param native the functions of Windows @throws if the system has no room for another port */
  constructor(native: Native) {
    this.#native = native;
    this.#port = native.CreateIoCompletionPort(invalidHandle, 0n, 0n, 1);
    if (this.#port === 0n) throw new Error("Windows gives no I/O completion port");
  }

  /** Has the port hear of a handle's operations. @throws if it cannot */
  add(handle: Handle): void {
    if (this.#native.CreateIoCompletionPort(handle, this.#port, 0n, 0) === 0n) {
      throw new Error("the I/O completion port takes no more handles");
    }
  }

  /**
   * Starts one operation.
   * @param memory what the system reads or writes meanwhile; kept until then
   * @param call starts it, given the address of its IO_STATUS_BLOCK, which is its APC context too
   * @returns how it ended; never rejects
   */
  start(memory: unknown, call: (result: bigint) => number): Promise<Completion> {
    const result = new BigUint64Array(new ArrayBuffer(16));
    const address = addressOf(result);
    return new Promise((done) => {
      this.#operations.set(address, { result, memory, done });
      const status = call(address) >>> 0;
      if (status >= firstError) {
        this.#operations.delete(address);
        done({ status, bytes: 0 });
      } else if (!this.#waiting) {
        void this.#wait();
      }
    });
  }

  /** Waits while there is something to wait for: else the process could not end by itself. */
  async #wait(): Promise<void> {
    this.#waiting = true;
    const entries = new BigUint64Array(new ArrayBuffer(8 * entryWords * entriesAtOnce));
    const count = new Uint32Array(new ArrayBuffer(4));
    while (this.#operations.size > 0) {
      const came = await this.#native.GetQueuedCompletionStatusEx(
        this.#port,
        entries,
        entriesAtOnce,
        count,
        forever,
        0,
      );
      if (!came) break;
      for (let at = 0; at < count[0]!; at++) this.#finish(entries[at * entryWords + 1]!);
    }
    this.#waiting = false;
  }

  #finish(address: bigint): void {
    const operation = this.#operations.get(address);
    if (!operation) return;
    this.#operations.delete(address);
    const [status, bytes] = operation.result;
    operation.done({ status: Number(status! & 0xffff_ffffn), bytes: Number(bytes) });
  }
}
