/**
 * {@linkcode SystemSockets} on Linux: /proc and SO_PEERCRED. Numbers from asm-generic/socket.h, unix(7) and socket(7).
 * /proc is read by system calls, since Deno keeps it from whom it did not give every permission.
 */
import type { SystemSockets } from "./sockets.ts";
import { openPosixCalls, unixSockets } from "./sockets_unix.ts";

const SOL_SOCKET = 1;
const SO_TYPE = 3;
const SO_PEERCRED = 17;
const SO_ACCEPTCONN = 30;
const SO_COOKIE = 57;
const AF_INET6 = 10;
const SEEK_SET = 0;
const PATH_MAX = 4096;

// struct linux_dirent64 { u64 d_ino; s64 d_off; u16 d_reclen; u8 d_type; char d_name[]; } (getdents(2))
const lengthOffset = 16;
const nameOffset = 19;

const linuxCalls = {
  opendir: { parameters: ["buffer"], result: "pointer" },
  dirfd: { parameters: ["pointer"], result: "i32" },
  lseek: { parameters: ["i32", "i64", "i32"], result: "i64" },
  getdents64: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  readlink: { parameters: ["buffer", "buffer", "usize"], result: "isize" },
} as const;

const library = "libc.so.6";

/**
 * The answers of Linux.
 * @returns them
 * @throws if the C library cannot be opened, or /proc is not there
 */
export function linuxSockets(): SystemSockets {
  const calls = openPosixCalls(library);
  const linux = Deno.dlopen(library, linuxCalls).symbols;
  const credentials = new Uint32Array(3); // struct ucred { pid_t pid; uid_t uid; gid_t gid; }
  const cookie = new BigUint64Array(1);
  const length = new Uint32Array(1);
  const entries = new Uint8Array(8192);
  const entriesView = new DataView(entries.buffer);

  const stream = linux.opendir(cString("/proc/self/fd"));
  if (stream === null) throw new Error("/proc/self/fd cannot be read; is /proc mounted?");
  const table = linux.dirfd(stream);

  return unixSockets({
    calls,
    SOL_SOCKET,
    SO_TYPE,
    SO_ACCEPTCONN,
    AF_INET6,
    familyOf: (address) => address.getUint16(0, true),
    *descriptors() {
      linux.lseek(table, 0n, SEEK_SET);
      for (;;) {
        const used = Number(linux.getdents64(table, entries, BigInt(entries.byteLength)));
        if (used < 0) throw new Error("the list of descriptors cannot be read");
        if (used === 0) return;
        for (let at = 0; at < used; at += entriesView.getUint16(at + lengthOffset, true)) {
          const descriptor = decimal(entries, at + nameOffset);
          if (descriptor !== null) yield descriptor;
        }
      }
    },
    credentials(descriptor) {
      length[0] = credentials.byteLength;
      if (calls.getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, credentials, length) !== 0) {
        return null;
      }
      const [pid, uid, gid] = credentials;
      // No credentials is told as uid -1.
      if (uid === undefined || gid === undefined || uid === 0xffffffff) return null;
      return { uid, gid, pid: pid || null };
    },
    identity(descriptor) {
      length[0] = cookie.byteLength;
      const known = calls.getsockopt(descriptor, SOL_SOCKET, SO_COOKIE, cookie, length) === 0;
      return known ? `${cookie[0]}` : `descriptor ${descriptor}`;
    },
    executable(pid) {
      const path = new Uint8Array(PATH_MAX);
      const used = Number(linux.readlink(cString(`/proc/${pid}/exe`), path, BigInt(PATH_MAX)));
      // Negative: gone, or another user's.
      return used > 0 ? new TextDecoder().decode(path.subarray(0, used)) : nameOf(pid);
    },
  });
}

/** What a process calls itself, at most 15 bytes: all that is shown of another user's (proc_pid_comm(5)). */
function nameOf(pid: number): string | null {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/comm`).replace(/\n$/, "");
  } catch {
    return null;
  }
}

function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}

/** The number that stands there in ASCII; null for `.` and `..`. */
function decimal(bytes: Uint8Array, start: number): number | null {
  let value = 0;
  for (let at = start;; at++) {
    const digit = (bytes[at] ?? 0) - 48;
    if (digit < 0 || digit > 9) return at > start ? value : null;
    value = value * 10 + digit;
  }
}
