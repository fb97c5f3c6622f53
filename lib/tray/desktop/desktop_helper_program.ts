/**
 * The helper's program, out of the npm package systray2: a program cannot be started from inside a compiled one, nor should
 * it be from a cache that others tidy up, so it is copied to a folder of ours. It is started only if it is, byte for byte,
 * the one that this version was made for. The package's own JavaScript is not used.
 */
import { join } from "node:path";
import { messageOf, UserError } from "../../errors.ts";
import { isBuilt } from "../../own_program.ts";

/** A program of the package. */
export interface HelperFile {
  /** Its name in the package's folder `traybin`. */
  name: string;
  /** SHA-256, in hexadecimal. */
  sha256: string;
}

/**
 * Brings the program to its place in the cache, unless it lies there already.
 * @param file which program
 * @param cacheDirectory of the user; need not exist
 * @param read reads the program; from the npm package if not given
 * @returns its path
 * @throws {UserError} if it is not the expected one, or cannot be written
 */
export async function installHelper(
  file: HelperFile,
  cacheDirectory: string,
  read: (name: string) => Promise<Uint8Array<ArrayBuffer>> = readFromPackage,
): Promise<string> {
  const folder = join(cacheDirectory, "mcpproxy", file.sha256);
  const path = join(folder, file.name);
  try {
    await makePrivate(folder);
    if (await isExpected(path, file)) return path;
    const bytes = await read(file.name);
    await requireExpected(bytes, file);
    // Two trays may do this at once; each renames a file of its own.
    const temporary = `${path}.${crypto.randomUUID()}`;
    await Deno.writeFile(temporary, bytes, { mode: 0o700 });
    await Deno.rename(temporary, path).catch(async (error) => {
      await Deno.remove(temporary);
      // On Windows a program that runs cannot be replaced, and need not be if it is the expected one.
      if (!await isExpected(path, file)) throw error;
    });
    return path;
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`the tray's helper could not be put to ${path}: ${messageOf(error)}`, {
      next: `Look at the owner and the mode of ${cacheDirectory}.`,
      cause: error,
    });
  }
}

async function readFromPackage(name: string): Promise<Uint8Array<ArrayBuffer>> {
  // Where a build for this system has put it, beside all code.
  if (isBuilt) return await Deno.readFile(new URL(`traybin/${name}`, import.meta.url));
  // Not a literal, which would have every platform fetch the package.
  const manifest = "systray2/package.json";
  await import(manifest, { with: { type: "json" } });
  return await Deno.readFile(new URL(`traybin/${name}`, import.meta.resolve(manifest)));
}

/** What lies in it is started, so nobody else may write there. */
async function makePrivate(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  const { mode } = await Deno.lstat(folder);
  if (mode !== null && mode & 0o077) await Deno.chmod(folder, 0o700); // Windows has no modes
}

async function isExpected(path: string, { sha256 }: HelperFile): Promise<boolean> {
  try {
    // A link could be turned elsewhere after the look.
    if (!(await Deno.lstat(path)).isFile) return false;
    return await hash(await Deno.readFile(path)) === sha256;
  } catch {
    return false;
  }
}

async function requireExpected(bytes: Uint8Array<ArrayBuffer>, file: HelperFile): Promise<void> {
  const found = await hash(bytes);
  if (found === file.sha256) return;
  throw new UserError(`systray2's ${file.name} is not the expected program (SHA-256 ${found})`, {
    next: "Do not use it. Install mcpproxy anew.",
  });
}

async function hash(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
