/** Whose a process, a pipe, a client or a folder is, as Windows tells it. */
import { wideText } from "../wide_text_windows.ts";
import { addressOf, type Handle, type Native } from "./native_windows.ts";
import { readSecurityDescriptor, readSid } from "./security_descriptor.ts";

const TOKEN_QUERY = 0x0008; // win32/secauthz/access-rights-for-access-token-objects
const TokenUser = 1; // win32/api/winnt/ne-winnt-token_information_class
const OWNER_SECURITY_INFORMATION = 0x1; // win32/secauthz/security-information
const DACL_SECURITY_INFORMATION = 0x4;
const SDDL_REVISION_1 = 1;
const revertFailed = 70; // EX_SOFTWARE of sysexits.h

/**
 * The SID of the user that this process runs as.
 * @throws if Windows does not tell
 */
export function processUser(native: Native): string {
  const token = new BigUint64Array(1);
  if (!native.OpenProcessToken(native.GetCurrentProcess(), TOKEN_QUERY, token)) {
    throw new Error("Windows does not tell who we are");
  }
  const user = tokenUser(native, token[0]!);
  if (user === null) throw new Error("Windows does not tell who we are");
  return user;
}

/**
 * The SID of the client at the other end of a pipe. Something must have been read from it before.
 * @param pipe our end of the connection
 * @returns null if Windows does not tell
 */
export function clientUser(native: Native, pipe: Handle): string | null {
  const token = new BigUint64Array(1);
  // Nothing is awaited in between: only this thread, and only these two calls, act as the client.
  if (!native.ImpersonateNamedPipeClient(pipe)) return null;
  const isOpen = native.OpenThreadToken(native.GetCurrentThread(), TOKEN_QUERY, 1, token);
  // Its page says to end the process then, since the thread would go on as the client.
  if (!native.RevertToSelf()) Deno.exit(revertFailed);
  return isOpen ? tokenUser(native, token[0]!) : null;
}

/** @param token closed afterwards */
function tokenUser(native: Native, token: Handle): string | null {
  // TOKEN_USER { PSID Sid; DWORD Attributes }, and behind it the SID, of 68 bytes at most (SECURITY_MAX_SID_SIZE).
  const memory = new Uint8Array(new ArrayBuffer(256));
  const length = new Uint32Array(1);
  const known = native.GetTokenInformation(token, TokenUser, memory, memory.length, length);
  native.CloseHandle(token);
  if (!known) return null;
  const sid = new DataView(memory.buffer).getBigUint64(0, true);
  return readSid(memory, Number(sid - addressOf(memory)));
}

/**
 * The SID of the owner of an open pipe.
 * @returns null if Windows does not tell
 */
export function ownerOf(native: Native, handle: Handle): string | null {
  const bytes = readDescriptor((memory, length) =>
    native.GetKernelObjectSecurity(
      handle,
      OWNER_SECURITY_INFORMATION,
      memory,
      memory.length,
      length,
    )
  );
  return bytes && readSecurityDescriptor(bytes).owner;
}

/**
 * Owner and access list of a file or folder.
 * @returns a self-relative security descriptor; null if Windows does not tell
 */
export function fileDescriptor(native: Native, path: string): Uint8Array | null {
  const what = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
  const name = wideText(path);
  return readDescriptor((memory, length) =>
    native.GetFileSecurityW(name, what, memory, memory.length, length)
  );
}

/** The longest descriptor is 64 KiB and a little: lists have a length of 16 bits. */
function readDescriptor(
  read: (memory: Uint8Array<ArrayBuffer>, length: Uint32Array<ArrayBuffer>) => number,
): Uint8Array | null {
  const length = new Uint32Array(1);
  const memory = new Uint8Array(new ArrayBuffer(0x11000));
  return read(memory, length) ? memory.slice(0, length[0]) : null;
}

/**
 * Makes a security descriptor.
 * @param sddl such as `D:P(A;;FA;;;SY)`
 * @returns it, self-relative
 * @throws if Windows does not understand it
 */
export function makeDescriptor(native: Native, sddl: string): Uint8Array<ArrayBuffer> {
  const address = new BigUint64Array(1);
  const length = new Uint32Array(1);
  const made = native.ConvertStringSecurityDescriptorToSecurityDescriptorW(
    wideText(sddl),
    SDDL_REVISION_1,
    address,
    length,
  );
  if (!made) throw new Error(`Windows does not understand ${sddl}`);
  const bytes = new Uint8Array(new ArrayBuffer(length[0]!));
  new Deno.UnsafePointerView(Deno.UnsafePointer.create(address[0]!)!).copyInto(bytes);
  native.LocalFree(address[0]!);
  return bytes;
}
