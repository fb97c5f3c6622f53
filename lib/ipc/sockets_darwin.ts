/**
 * {@linkcode SystemSockets} on macOS: proc_pidinfo, getpeereid and LOCAL_PEERPID. The numbers are those of the macOS SDK:
 * `sys/socket.h` (SOL_SOCKET, SO_TYPE, SO_ACCEPTCONN, AF_INET6), `sys/un.h` (SOL_LOCAL, LOCAL_PEERPID), `sys/proc_info.h`
 * (PROC_PIDLISTFDS, struct proc_fdinfo, PROX_FDTYPE_SOCKET), `libproc.h` (PROC_PIDPATHINFO_MAXSIZE); see also getpeereid(3).
 */
import type { SystemSockets } from "./sockets.ts";
import { openPosixCalls, unixSockets } from "./sockets_unix.ts";

const SOL_SOCKET = 0xffff;
const SO_TYPE = 0x1008;
const SO_ACCEPTCONN = 0x0002;
const AF_INET6 = 30;
const SOL_LOCAL = 0;
const LOCAL_PEERPID = 0x002;
const PROC_PIDLISTFDS = 1;
const PROX_FDTYPE_SOCKET = 2;
const PROC_PIDPATHINFO_MAXSIZE = 4096;
const fdInfoBytes = 8; // struct proc_fdinfo { int32_t proc_fd; uint32_t proc_fdtype; }

const darwinCalls = {
  getpeereid: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  proc_pidinfo: { parameters: ["i32", "i32", "u64", "buffer", "i32"], result: "i32" },
  proc_pidpath: { parameters: ["i32", "buffer", "u32"], result: "i32" },
} as const;

/** The calls that only macOS has, bound; handed in by tests. */
export type DarwinCalls = Deno.DynamicLibrary<typeof darwinCalls>["symbols"];

// libSystem is in the dyld shared cache: dlopen finds it there by this path, though no such file exists (dlopen(3)).
const library = "/usr/lib/libSystem.B.dylib";

/**
 * The answers of macOS.
 * @param posix the POSIX calls; those of libSystem if not given
 * @param darwin the calls that only macOS has; those of libSystem if not given
 * @returns them
 * @throws if libSystem cannot be opened
 */
export function darwinSockets(
  posix = openPosixCalls(library),
  darwin: DarwinCalls = Deno.dlopen(library, darwinCalls).symbols,
): SystemSockets {
  const user = new Uint32Array(1);
  const group = new Uint32Array(1);
  const pid = new Int32Array(1);
  const length = new Uint32Array(1);
  let table = new Uint8Array(256 * fdInfoBytes);

  /** Reads the descriptor table; a full buffer may have been too small, so it grows and reads again. */
  function readTable(): number {
    for (;;) {
      const used = darwin.proc_pidinfo(Deno.pid, PROC_PIDLISTFDS, 0n, table, table.byteLength);
      if (used < table.byteLength) return used;
      table = new Uint8Array(table.byteLength * 2);
    }
  }

  return unixSockets({
    calls: posix,
    SOL_SOCKET,
    SO_TYPE,
    SO_ACCEPTCONN,
    AF_INET6,
    // struct sockaddr begins with sa_len; the family is the second byte (sys/socket.h).
    familyOf: (address) => address.getUint8(1),
    *descriptors() {
      const used = readTable();
      const view = new DataView(table.buffer);
      for (let at = 0; at + fdInfoBytes <= used; at += fdInfoBytes) {
        if (view.getUint32(at + 4, true) === PROX_FDTYPE_SOCKET) yield view.getInt32(at, true);
      }
    },
    credentials(descriptor) {
      if (darwin.getpeereid(descriptor, user, group) !== 0) return null;
      const [uid] = user;
      const [gid] = group;
      if (uid === undefined || gid === undefined) return null;
      length[0] = pid.byteLength;
      const known = posix.getsockopt(descriptor, SOL_LOCAL, LOCAL_PEERPID, pid, length) === 0;
      return { uid, gid, pid: known && pid[0] ? pid[0] : null };
    },
    // No cookie on macOS: the descriptor and the peer's pid, which is enough to count a refused peer once.
    identity(descriptor) {
      length[0] = pid.byteLength;
      const known = posix.getsockopt(descriptor, SOL_LOCAL, LOCAL_PEERPID, pid, length) === 0;
      return `descriptor ${descriptor} of process ${known ? pid[0] : "unknown"}`;
    },
    executable(process) {
      const path = new Uint8Array(PROC_PIDPATHINFO_MAXSIZE);
      const used = darwin.proc_pidpath(process, path, path.byteLength);
      return used > 0 ? new TextDecoder().decode(path.subarray(0, used)) : null;
    },
  });
}
