/**
 * Values in the user's part of the Windows registry, by winreg.h. Not by reg.exe, which mangles what the console's code page
 * does not have.
 */
import { UserError } from "../errors.ts";
import { wideText } from "../wide_text_windows.ts";

const currentUser = 0xffff_ffff_8000_0001n; // HKEY_CURRENT_USER, as a handle of 64 bits
const success = 0;
const notFound = 2; // ERROR_FILE_NOT_FOUND
const ofText = 0x2; // RRF_RT_REG_SZ
const ofBytes = 0x8; // RRF_RT_REG_BINARY
const textType = 1; // REG_SZ

const symbols = {
  RegGetValueW: {
    parameters: ["u64", "buffer", "buffer", "u32", "pointer", "buffer", "buffer"],
    result: "i32",
  },
  RegSetKeyValueW: {
    parameters: ["u64", "buffer", "buffer", "u32", "buffer", "u32"],
    result: "i32",
  },
  RegDeleteKeyValueW: { parameters: ["u64", "buffer", "buffer"], result: "i32" },
} as const;

/**
 * A value of text.
 * @param key below HKEY_CURRENT_USER
 * @param name of the value
 * @returns undefined if there is none of this type
 */
export function readText(key: string, name: string): string | undefined {
  const bytes = read(key, name, ofText);
  return bytes && new TextDecoder("utf-16le").decode(bytes).replace(/\0+$/, "");
}

/**
 * A value of bytes.
 * @param key below HKEY_CURRENT_USER
 * @param name of the value
 * @returns undefined if there is none of this type
 */
export function readBytes(key: string, name: string): Uint8Array | undefined {
  return read(key, name, ofBytes);
}

/**
 * Sets a value of text; the key is made if need be.
 * @param key below HKEY_CURRENT_USER
 * @param name of the value
 * @param text without NUL
 * @throws {UserError} if Windows refuses
 */
export function writeText(key: string, name: string, text: string): void {
  const bytes = wideText(text);
  using registry = open();
  const { RegSetKeyValueW } = registry.symbols;
  const code = RegSetKeyValueW(
    ...[currentUser, wideText(key), wideText(name)] as const,
    ...[textType, bytes, bytes.byteLength] as const,
  );
  if (code !== success) throw refused(key, name, code);
}

/**
 * Removes a value; one that is not there is fine.
 * @param key below HKEY_CURRENT_USER
 * @param name of the value
 * @throws {UserError} if Windows refuses
 */
export function deleteValue(key: string, name: string): void {
  using registry = open();
  const code = registry.symbols.RegDeleteKeyValueW(currentUser, wideText(key), wideText(name));
  if (code !== success && code !== notFound) throw refused(key, name, code);
}

function read(key: string, name: string, type: number): Uint8Array<ArrayBuffer> | undefined {
  using registry = open();
  const size = new Uint32Array(1);
  const get = (data: Uint8Array<ArrayBuffer> | null) =>
    registry.symbols.RegGetValueW(
      ...[currentUser, wideText(key), wideText(name)] as const,
      ...[type, null, data, size] as const,
    );
  if (get(null) !== success) return undefined;
  const data = new Uint8Array(size[0]!);
  return get(data) === success ? data.subarray(0, size[0]) : undefined;
}

function open(): Disposable & Pick<Deno.DynamicLibrary<typeof symbols>, "symbols"> {
  const library = Deno.dlopen("advapi32.dll", symbols);
  return { symbols: library.symbols, [Symbol.dispose]: () => library.close() };
}

function refused(key: string, name: string, code: number): UserError {
  return new UserError(`HKCU\\${key}: the value "${name}" could not be changed (error ${code})`, {
    next: "Ask whoever manages this computer whether a policy forbids it.",
  });
}
