/**
 * The functions of Windows that the private channel calls. Each is named with its page below learn.microsoft.com/windows.
 *
 * Pipes are made, opened, read and written by the functions of ntdll: they return what went wrong, where those of kernel32
 * leave it to GetLastError, which anything that the runtime does between two calls may overwrite.
 */

/** A HANDLE, or an address: as a number, since nothing here follows it. */
export type Handle = bigint;

/** What CreateIoCompletionPort takes and OpenProcess and its like never return (`INVALID_HANDLE_VALUE`). */
export const invalidHandle: Handle = 0xffff_ffff_ffff_ffffn;

const H = "usize"; // HANDLE, and pointers that stay where they are
const B = "buffer";
const U = "u32"; // ULONG, DWORD
const I = "i32"; // NTSTATUS, BOOL

const ntdll = {
  // win32/api/winternl/nf-winternl-ntcreatefile
  NtCreateFile: { parameters: [B, U, B, B, H, U, U, U, U, H, U], result: I },
  // windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntcreatenamedpipefile; also what CreateNamedPipeW calls
  NtCreateNamedPipeFile: { parameters: [B, U, B, B, U, U, U, U, U, U, U, U, U, B], result: I },
  // windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntreadfile
  NtReadFile: { parameters: [H, H, H, H, H, B, U, H, H], result: I },
  // windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntwritefile
  NtWriteFile: { parameters: [H, H, H, H, H, B, U, H, H], result: I },
  // windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntfscontrolfile
  NtFsControlFile: { parameters: [H, H, H, H, H, U, H, U, H, U], result: I },
} as const;

const kernel32 = {
  // win32/api/handleapi/nf-handleapi-closehandle
  CloseHandle: { parameters: [H], result: I },
  // win32/api/winbase/nf-winbase-localfree
  LocalFree: { parameters: [H], result: H },
  // win32/fileio/createiocompletionport
  CreateIoCompletionPort: { parameters: [H, H, H, U], result: H },
  // win32/fileio/getqueuedcompletionstatusex-func
  GetQueuedCompletionStatusEx: { parameters: [H, B, U, B, U, I], result: I, nonblocking: true },
  // win32/fileio/cancelioex-func
  CancelIoEx: { parameters: [H, H], result: I },
  // win32/api/winbase/nf-winbase-getnamedpipeclientprocessid
  GetNamedPipeClientProcessId: { parameters: [H, B], result: I },
  // win32/api/processthreadsapi/nf-processthreadsapi-getcurrentprocess, -getcurrentthread, -openprocess
  GetCurrentProcess: { parameters: [], result: H },
  GetCurrentThread: { parameters: [], result: H },
  OpenProcess: { parameters: [U, I, U], result: H },
  // win32/api/winbase/nf-winbase-queryfullprocessimagenamew
  QueryFullProcessImageNameW: { parameters: [H, U, B, B], result: I },
  // win32/api/fileapi/nf-fileapi-createdirectoryw
  CreateDirectoryW: { parameters: [B, B], result: I },
} as const;

const advapi32 = {
  // win32/api/processthreadsapi/nf-processthreadsapi-openprocesstoken, -openthreadtoken
  OpenProcessToken: { parameters: [H, U, B], result: I },
  OpenThreadToken: { parameters: [H, U, I, B], result: I },
  // win32/api/securitybaseapi/nf-securitybaseapi-gettokeninformation
  GetTokenInformation: { parameters: [H, U, B, U, B], result: I },
  // win32/api/namedpipeapi/nf-namedpipeapi-impersonatenamedpipeclient
  ImpersonateNamedPipeClient: { parameters: [H], result: I },
  // win32/api/securitybaseapi/nf-securitybaseapi-reverttoself
  RevertToSelf: { parameters: [], result: I },
  // win32/api/sddl/nf-sddl-convertstringsecuritydescriptortosecuritydescriptorw
  ConvertStringSecurityDescriptorToSecurityDescriptorW: { parameters: [B, U, B, B], result: I },
  // win32/api/securitybaseapi/nf-securitybaseapi-getkernelobjectsecurity, -getfilesecurityw
  GetKernelObjectSecurity: { parameters: [H, U, B, U, B], result: I },
  GetFileSecurityW: { parameters: [B, U, B, U, B], result: I },
} as const;

/** The functions, bound. */
export type Native =
  & Deno.DynamicLibrary<typeof ntdll>["symbols"]
  & Deno.DynamicLibrary<typeof kernel32>["symbols"]
  & Deno.DynamicLibrary<typeof advapi32>["symbols"];

let opened: Native | undefined;

/**
 * Opens the libraries, once in a process.
 * @returns their functions
 * @throws if this is not Windows
 */
export function openNative(): Native {
  return opened ??= {
    ...Deno.dlopen("ntdll.dll", ntdll).symbols,
    ...Deno.dlopen("kernel32.dll", kernel32).symbols,
    ...Deno.dlopen("advapi32.dll", advapi32).symbols,
  };
}

let kept: unknown;

/**
 * Keeps memory from being collected until here: what only an address leads to is to V8 not in use.
 * @param memory what the call before has used
 */
export function keepUntilHere(memory: unknown): void {
  kept = memory;
  void kept;
}

/**
 * The address of memory that the system writes to later. It has to be kept from being collected until then.
 * @param memory an array over a buffer of its own: what V8 keeps inside of its heap may be moved
 * @returns the address
 */
export function addressOf(memory: Uint8Array<ArrayBuffer> | BigUint64Array<ArrayBuffer>): bigint {
  return BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(memory)));
}
