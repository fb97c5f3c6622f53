/** {@linkcode SystemPipes}: named pipes of Windows, served and opened by the functions that its own libraries use. */
import type { Duplex } from "node:stream";
import { logger } from "../log.ts";
import { messageOf } from "../errors.ts";
import { wideText } from "../wide_text_windows.ts";
import { CompletionPort } from "./completion_port_windows.ts";
import {
  addressOf,
  type Handle,
  keepUntilHere,
  type Native,
  openNative,
} from "./native_windows.ts";
import { PipeStream } from "./pipe_stream_windows.ts";
import { PipeError, type PipePeer, type ServedPipe, type SystemPipes } from "./pipes.ts";
import { clientUser, makeDescriptor, ownerOf, processUser } from "./security_windows.ts";

// win32/secauthz/access-mask-format
const READ_WRITE = 0xc010_0000; // GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE
const LOOK = 0x0012_0000; // READ_CONTROL | SYNCHRONIZE
// winternl.h; windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntcreatenamedpipefile
const FILE_SHARE_READ_WRITE = 0x3;
const FILE_OPEN = 1;
/** What FILE_FLAG_FIRST_PIPE_INSTANCE asks of CreateNamedPipeW: no such pipe may be there yet. */
const FILE_CREATE = 2;
const FILE_NON_DIRECTORY_FILE = 0x40;
/** A stream of bytes that no other machine can open: PIPE_TYPE_BYTE | PIPE_REJECT_REMOTE_CLIENTS of CreateNamedPipeW. */
const FILE_PIPE_REJECT_REMOTE_CLIENTS = 0x2;
const unlimitedInstances = 0xffff_ffff;
const quotaBytes = 64 * 1024;
const defaultTimeout = -500_000n; // 50 ms in units of 100 ns, negative for relative
const OBJ_CASE_INSENSITIVE = 0x40;
const FSCTL_PIPE_LISTEN = 0x11_0008; // [MS-FSCC] 2.3
const STATUS_PIPE_CONNECTED = 0xc000_00b2; // a client was faster than our listening
const PROCESS_QUERY_LIMITED_INFORMATION = 0x1000;
/** SECURITY_IDENTIFICATION: the server may learn who we are, and no more (winnt.h, SecurityIdentification). */
const identification = 1;

/** So many instances wait for clients, so that a burst of them is not told that the pipe is busy. */
const spareInstances = 16;
const firstPauseMs = 50;
const longestPauseMs = 2_000;

let opened: SystemPipes | undefined;

/**
 * The named pipes of this system; opened once in a process.
 * @throws if this is not Windows
 */
export function windowsPipes(): SystemPipes {
  return opened ??= openPipes();
}

function openPipes(): SystemPipes {
  const native = openNative();
  const port = new CompletionPort(native);
  return {
    user: processUser(native),
    listen: (name, security, onConnection) =>
      new PipeServer(native, port, name, security, onConnection),
    open(name) {
      const handle = openPipe(native, name, READ_WRITE);
      try {
        port.add(handle);
        return {
          stream: new PipeStream(native, port, handle),
          owner: ownerOf(native, handle),
        };
      } catch (error) {
        native.CloseHandle(handle);
        throw error;
      }
    },
    ownerOf(name) {
      let handle: Handle;
      try {
        handle = openPipe(native, name, LOOK);
      } catch {
        return null;
      }
      const owner = ownerOf(native, handle);
      native.CloseHandle(handle);
      return owner;
    },
    executable: (pid) => executable(native, pid),
  };
}

class PipeServer implements ServedPipe {
  readonly #native: Native;
  readonly #port: CompletionPort;
  readonly #name: string;
  readonly #security: Uint8Array<ArrayBuffer>;
  readonly #onConnection: (stream: Duplex, peer: PipePeer) => void;
  readonly #listening = new Set<Handle>();
  /** Connected, but silent so far. */
  readonly #silent = new Set<PipeStream>();
  readonly #serving: Promise<void>[] = [];
  readonly #ended = Promise.withResolvers<void>();
  #closed = false;

  constructor(
    native: Native,
    port: CompletionPort,
    name: string,
    security: string,
    onConnection: (stream: Duplex, peer: PipePeer) => void,
  ) {
    this.#native = native;
    this.#port = port;
    this.#name = name;
    this.#security = makeDescriptor(native, security);
    this.#onConnection = onConnection;
    this.#serving.push(this.#serve(this.#makeInstance(FILE_CREATE)));
    for (let more = 1; more < spareInstances; more++) this.#serving.push(this.#serve(null));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#ended.resolve();
    for (const handle of this.#listening) {
      this.#native.CancelIoEx(handle, 0n);
      this.#native.CloseHandle(handle);
    }
    this.#listening.clear();
    for (const stream of this.#silent) stream.destroy();
    await Promise.all(this.#serving);
  }

  /** Keeps one instance waiting for a client at all times. @param first the one to begin with; null to make one */
  async #serve(first: Handle | null): Promise<void> {
    for (let handle = first; !this.#closed; handle = null) {
      handle ??= await this.#instance();
      if (handle === null) return;
      if (this.#closed) return void this.#native.CloseHandle(handle);
      this.#listening.add(handle);
      const { status } = await this.#port.start(null, (result) =>
        this.#native.NtFsControlFile(
          ...[handle!, 0n, 0n, result, result] as const,
          ...[FSCTL_PIPE_LISTEN, 0n, 0, 0n, 0] as const,
        ));
      // When we are closed, it is too.
      if (!this.#listening.delete(handle)) return;
      // A client that has gone already, say.
      if (status !== 0 && status !== STATUS_PIPE_CONNECTED) this.#native.CloseHandle(handle);
      else void this.#greet(handle);
    }
  }

  async #greet(handle: Handle): Promise<void> {
    const pid = new Uint32Array(1);
    const knowsPid = this.#native.GetNamedPipeClientProcessId(handle, pid) !== 0;
    const stream = new PipeStream(this.#native, this.#port, handle);
    this.#silent.add(stream);
    const spoke = await stream.begin();
    this.#silent.delete(stream);
    if (!spoke || this.#closed) {
      stream.destroy();
      return;
    }
    const user = clientUser(this.#native, handle);
    this.#onConnection(stream, { user, pid: knowsPid && pid[0] ? pid[0] : null });
  }

  /** Another instance, however long the system has no room for one. */
  async #instance(): Promise<Handle | null> {
    for (
      let pauseMs = firstPauseMs;
      !this.#closed;
      pauseMs = Math.min(2 * pauseMs, longestPauseMs)
    ) {
      try {
        return this.#makeInstance(FILE_OPEN);
      } catch (error) {
        logger("ipc").error("{name} cannot accept more just now: {error}", {
          name: this.#name,
          error: messageOf(error),
        });
      }
      await settlesWithin(this.#ended.promise, pauseMs);
    }
    return null;
  }

  #makeInstance(disposition: number): Handle {
    const path = new ObjectPath(this.#name, this.#security);
    const handle = new BigUint64Array(1);
    const status = this.#native.NtCreateNamedPipeFile(
      ...[
        handle,
        READ_WRITE,
        path.attributes,
        new BigUint64Array(2),
      ] as const,
      ...[FILE_SHARE_READ_WRITE, disposition, 0, FILE_PIPE_REJECT_REMOTE_CLIENTS, 0, 0] as const,
      ...[unlimitedInstances, quotaBytes, quotaBytes, new BigInt64Array([defaultTimeout])] as const,
    ) >>> 0;
    path.release();
    if (status !== 0) throw new PipeError(`the pipe ${this.#name} cannot be made`, status);
    try {
      this.#port.add(handle[0]!);
    } catch (error) {
      this.#native.CloseHandle(handle[0]!);
      throw error;
    }
    return handle[0]!;
  }
}

function openPipe(native: Native, name: string, access: number): Handle {
  const path = new ObjectPath(name, null);
  const handle = new BigUint64Array(1);
  const status = native.NtCreateFile(
    ...[handle, access, path.attributes, new BigUint64Array(2)] as const,
    ...[0n, 0, FILE_SHARE_READ_WRITE, FILE_OPEN, FILE_NON_DIRECTORY_FILE, 0n, 0] as const,
  ) >>> 0;
  path.release();
  if (status !== 0) throw new PipeError(`the pipe ${name} cannot be opened`, status);
  return handle[0]!;
}

/**
 * OBJECT_ATTRIBUTES of a pipe (win32/api/ntdef/ns-ntdef-_object_attributes): its name as UNICODE_STRING, its security, and
 * SECURITY_QUALITY_OF_SERVICE. It holds what its addresses lead to.
 */
class ObjectPath {
  readonly attributes: BigUint64Array<ArrayBuffer>;
  readonly #parts: unknown[];

  /** To be called when the system has read it. */
  release(): void {
    keepUntilHere(this.#parts);
  }

  constructor(name: string, security: Uint8Array<ArrayBuffer> | null) {
    const text = wideText(`\\??\\pipe\\${name.slice("\\\\.\\pipe\\".length)}`);
    const string = new BigUint64Array(new ArrayBuffer(16));
    const bytes = new DataView(string.buffer);
    bytes.setUint16(0, text.length - 2, true);
    bytes.setUint16(2, text.length, true);
    string[1] = addressOf(text);
    const quality = new Uint8Array(new ArrayBuffer(12));
    const view = new DataView(quality.buffer);
    view.setUint32(0, 12, true);
    view.setUint32(4, identification, true);
    view.setUint8(8, 0); // SECURITY_STATIC_TRACKING
    view.setUint8(9, 1); // EffectiveOnly
    const securityAddress = security ? addressOf(security) : 0n;
    this.attributes = new BigUint64Array(new ArrayBuffer(48));
    this.attributes.set([
      ...[48n, 0n, addressOf(string), BigInt(OBJ_CASE_INSENSITIVE)],
      ...[securityAddress, addressOf(quality)],
    ]);
    this.#parts = [text, string, quality, security];
  }
}

function executable(native: Native, pid: number): string | null {
  const process = native.OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, pid);
  if (process === 0n) return null;
  const path = new Uint16Array(32_768);
  const length = new Uint32Array([path.length]);
  const known = native.QueryFullProcessImageNameW(process, 0, path, length);
  native.CloseHandle(process);
  return known ? new TextDecoder("utf-16le").decode(path.subarray(0, length[0])) : null;
}

/** Waits for a promise, but no longer than so many milliseconds. */
async function settlesWithin(promise: Promise<void>, milliseconds: number): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, milliseconds);
  await Promise.race([promise, late.promise]);
  clearTimeout(timer);
}
