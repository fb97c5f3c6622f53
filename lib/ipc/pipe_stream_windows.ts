/** One end of a named pipe as a stream of Node: what its HTTP takes for a socket. */
import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import type { Completion, CompletionPort } from "./completion_port_windows.ts";
import type { Handle, Native } from "./native_windows.ts";

const readBytes = 16 * 1024;
const waterMark = 64 * 1024;
const firstError = 0x8000_0000; // not NT_SUCCESS (ntdef.h)

/**
 * A connection. It has no half-open state, as a pipe has none: when the peer has closed its end, so do we.
 * What was written and not yet read stays readable for the peer after we have closed (no DisconnectNamedPipe).
 */
export class PipeStream extends Duplex {
  readonly #native: Native;
  readonly #port: CompletionPort;
  readonly #handle: Handle;
  readonly #buffer = new Uint8Array(new ArrayBuffer(readBytes));
  #reading = false;
  /** What the system has not ended yet; our memory is its own until then. */
  readonly #pending = new Set<Promise<unknown>>();
  #closed = false;
  #timeoutMs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param handle opened for asynchronous operations, and added to the port; ours from now on */
  constructor(native: Native, port: CompletionPort, handle: Handle) {
    super({ allowHalfOpen: false, highWaterMark: waterMark });
    this.#native = native;
    this.#port = port;
    this.#handle = handle;
  }

  /** Waits for the first bytes. They are read by whoever reads the stream, as if this had not been. @returns false if none came */
  async begin(): Promise<boolean> {
    const bytes = await this.#receive();
    if (bytes === null || this.#closed) return false;
    this.push(bytes);
    return true;
  }

  override _read(): void {
    if (this.#reading || this.#closed) return;
    void this.#receive().then((bytes) => {
      if (!this.#closed) this.push(bytes);
    });
  }

  override _write(chunk: Buffer, _: string, done: (error?: Error | null) => void): void {
    void this.#send(chunk).then(() => done(), done);
  }

  /** What HTTP writes in many pieces goes in one. */
  override _writev(
    chunks: { chunk: Buffer }[],
    done: (error?: Error | null) => void,
  ): void {
    void this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk))).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    done();
    queueMicrotask(() => this.destroy());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#timer);
    if (!this.#closed) {
      this.#closed = true;
      this.#native.CancelIoEx(this.#handle, 0n);
      this.#native.CloseHandle(this.#handle);
    }
    void Promise.all(this.#pending).then(() => done(error));
  }

  /** As that of a socket: emits "timeout" after so many milliseconds in which nothing came or went; 0 is never. */
  setTimeout(milliseconds: number, onTimeout?: () => void): this {
    this.#timeoutMs = milliseconds;
    if (onTimeout) this.once("timeout", onTimeout);
    this.#touch();
    return this;
  }

  /** What node:http asks of a socket and a pipe has no use for. */
  setNoDelay(): this {
    return this;
  }
  /** The same. */
  setKeepAlive(): this {
    return this;
  }
  /** The same. */
  ref(): this {
    return this;
  }
  /** The same. */
  unref(): this {
    return this;
  }

  #touch(): void {
    clearTimeout(this.#timer);
    if (this.#timeoutMs <= 0 || this.#closed) return;
    this.#timer = setTimeout(() => this.emit("timeout"), this.#timeoutMs);
  }

  /** @returns what came; null at the end */
  async #receive(): Promise<Buffer | null> {
    this.#reading = true;
    const buffer = this.#buffer;
    const { status, bytes } = await this.#operate(
      buffer,
      (result) =>
        this.#native.NtReadFile(this.#handle, 0n, 0n, result, result, buffer, readBytes, 0n, 0n),
    );
    this.#reading = false;
    this.#touch();
    // Whatever the error is, PIPE_BROKEN most likely: nothing comes any more.
    if (status >= firstError || bytes === 0) return null;
    return Buffer.from(buffer.subarray(0, bytes)); // a copy: the next read overwrites it
  }

  async #operate(memory: unknown, call: (result: bigint) => number): Promise<Completion> {
    const operation = this.#port.start(memory, call);
    this.#pending.add(operation);
    try {
      return await operation;
    } finally {
      this.#pending.delete(operation);
    }
  }

  async #send(chunk: Buffer): Promise<void> {
    this.#touch();
    for (let sent = 0; sent < chunk.length;) {
      if (this.#closed) throw brokenPipe("it was closed");
      const rest = chunk.subarray(sent) as Buffer<ArrayBuffer>;
      const { status, bytes } = await this.#operate(
        rest,
        (result) =>
          this.#native.NtWriteFile(this.#handle, 0n, 0n, result, result, rest, rest.length, 0n, 0n),
      );
      if (status >= firstError) throw brokenPipe(`Windows answers 0x${status.toString(16)}`);
      sent += bytes;
    }
  }
}

function brokenPipe(why: string): Error {
  return Object.assign(new Error(`the pipe is broken: ${why}`), { code: "EPIPE" });
}
