/** A process that root has started becomes another user. */

/**
 * Gives up root for good, in every thread: groups, then group, then user (setresuid(2)). Where setpriv(1) would start Deno
 * as a user who may read neither the project nor Deno's cache, this lets root read them first.
 * @param user whom to become; it is left in no group but this
 * @throws if we are not root
 */
export function becomeUser({ uid, gid }: { uid: number; gid: number }): void {
  const libc = Deno.dlopen("libc.so.6", {
    setgroups: { parameters: ["usize", "buffer"], result: "i32" },
    setresgid: { parameters: ["u32", "u32", "u32"], result: "i32" },
    setresuid: { parameters: ["u32", "u32", "u32"], result: "i32" },
  });
  const { setgroups, setresgid, setresuid } = libc.symbols;
  const done = setgroups(0n, new Uint32Array(1)) === 0 && setresgid(gid, gid, gid) === 0 &&
    setresuid(uid, uid, uid) === 0;
  libc.close();
  if (!done || Deno.uid() !== uid || Deno.gid() !== gid) {
    throw new Error(`cannot become user ${uid}`);
  }
}
