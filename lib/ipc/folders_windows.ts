/** {@linkcode WindowsFolders} of the system that we run on. */
import { wideText } from "../wide_text_windows.ts";
import { addressOf, keepUntilHere, openNative } from "./native_windows.ts";
import type { WindowsFolders } from "./private_path_windows.ts";
import { fileDescriptor, makeDescriptor, processUser } from "./security_windows.ts";

let opened: WindowsFolders | undefined;

/**
 * The folders of this system.
 * @throws if this is not Windows
 */
export function windowsFolders(): WindowsFolders {
  return opened ??= openFolders();
}

function openFolders(): WindowsFolders {
  const native = openNative();
  return {
    user: processUser(native),
    kind(path) {
      try {
        return Deno.statSync(path).isDirectory ? "folder" : "other";
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return null;
        throw error;
      }
    },
    realPath: Deno.realPathSync,
    descriptor: (path) => fileDescriptor(native, path),
    make(path, sddl) {
      const security = makeDescriptor(native, sddl);
      // SECURITY_ATTRIBUTES (win32/api/wtypesbase/ns-wtypesbase-security_attributes): length, descriptor, not inherited.
      const attributes = new BigUint64Array([24n, addressOf(security), 0n]);
      const made = native.CreateDirectoryW(wideText(path), attributes) !== 0;
      keepUntilHere(security);
      return made;
    },
  };
}
