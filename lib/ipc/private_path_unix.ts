/**
 * Files and folders that nobody but this user may get between: owner and mode of the thing itself and of everything
 * above it (`spec/socket-communication.md`, layers 1 and 7).
 */
import { ExitCode, UserError } from "../errors.ts";
import { shellWord } from "../shell_word.ts";
import { posix } from "../path.ts";

/** A path whose owner, kind or mode makes it unfit for secrets. */
export class PermissionError extends UserError {
  override readonly name = "PermissionError";
  /** @param message what is wrong, with the path @param next the command that mends it */
  constructor(message: string, next: string) {
    super(message, { next, exitCode: ExitCode.permission });
  }
}

const octal = (mode: number): string => (mode & 0o7777).toString(8).padStart(4, "0");

/**
 * Makes sure that a folder is private to this user: a directory, ours, mode 0700, and that nobody else can put another
 * in its place. A missing one is made, with the folders above it. One that exists is never changed: loose modes are refused, since whatever lies in
 * the folder may already have been read or replaced.
 * @param path absolute path; it may be a symbolic link of ours to such a folder
 * @param user our effective user id
 * @returns the real path
 * @throws {PermissionError} with the one command that mends it
 */
export function preparePrivateFolder(path: string, user: number): string {
  if (look(path) === null) {
    checkPath(nearestExisting(posix.dirname(path)), user);
    make(path);
  } else {
    checkPath(posix.dirname(path), user);
  }
  return checkPrivateFolder(path, user);
}

/**
 * Checks a folder that must exist already; what a client does before it trusts what lies in it.
 * @param path absolute path, or a symbolic link of ours to it
 * @param user our effective user id
 * @returns the real path
 * @throws {PermissionError} if it is missing, not a directory, not ours, or open to others
 */
export function checkPrivateFolder(path: string, user: number): string {
  const link = look(path);
  if (link === null) throw new PermissionError(`${path} does not exist`, "Start the core first.");
  if (link.isSymlink) requireOwner(path, link, [user], "symbolic link");
  const real = followed(path);
  checkPath(posix.dirname(real), user);
  const info = Deno.lstatSync(real);
  if (!info.isDirectory) {
    throw new PermissionError(`${real} is not a directory`, "Move it away, or choose another.");
  }
  requireOwner(real, info, [user], "directory");
  const mode = info.mode ?? 0o777;
  if ((mode & 0o077) !== 0) {
    throw new PermissionError(
      `${real} is open to other users (mode ${octal(mode)}, must be 0700)`,
      `Run: chmod 700 ${shellWord(real)}`,
    );
  }
  return real;
}

/**
 * Checks that nobody but this user and root can replace what lies below a folder: each folder on the way down belongs to
 * one of them, and those that others may write have the sticky bit (as /tmp), which lets none but the owner of a file
 * rename or remove it (unlink(2), EPERM).
 * @param folder absolute path
 * @param user our effective user id
 * @throws {PermissionError} naming the first folder that fails
 */
export function checkPath(folder: string, user: number): void {
  for (const path of ancestors(followed(folder))) {
    const info = look(path);
    if (info === null) throw new PermissionError(`${path} does not exist`, "Create it first.");
    if (!info.isDirectory) {
      throw new PermissionError(`${path} is not a directory`, "Choose another path.");
    }
    requireOwner(path, info, [user, 0], "directory");
    const mode = info.mode ?? 0o777;
    const sticky = (mode & 0o1000) !== 0;
    // A group is no wider than the user only if it is root's, or the user's own: those have the user's number
    // (login.defs(5), USERGROUPS_ENAB). A primary group may be everybody's, such as "users", or "staff" on macOS.
    const groupIsForeign = info.gid !== 0 && info.gid !== user;
    const writableByOthers = (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && groupIsForeign);
    if (writableByOthers && !sticky) {
      throw new PermissionError(
        `${path} can be written by other users (mode ${
          octal(mode)
        }), who could replace what lies in it`,
        `Run: chmod go-w ${shellWord(path)}`,
      );
    }
  }
}

/** `/`, `/home`, `/home/me` for `/home/me`. */
function ancestors(path: string): string[] {
  const all: string[] = [];
  for (let at = path;; at = posix.dirname(at)) {
    all.unshift(at);
    if (at === "/") return all;
  }
}

function nearestExisting(path: string): string {
  let at = path;
  while (at !== "/" && look(at) === null) at = posix.dirname(at);
  return at;
}

function requireOwner(path: string, info: Deno.FileInfo, owners: number[], kind: string): void {
  if (info.uid !== null && owners.includes(info.uid)) return;
  throw new PermissionError(
    `the ${kind} ${path} belongs to user ${info.uid ?? "unknown"}, not to you (user ${owners[0]})`,
    "Choose another with --data-dir, or have its owner give it to you.",
  );
}

function look(path: string): Deno.FileInfo | null {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw unreadable(path, error);
  }
}

function followed(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new PermissionError(`${path} leads nowhere`, "Create it, or remove the link.");
    }
    throw unreadable(path, error);
  }
}

function make(path: string): void {
  if (look(path) !== null) return;
  make(posix.dirname(path));
  try {
    Deno.mkdirSync(path, { mode: 0o700 });
    Deno.chmodSync(path, 0o700); // the umask may have taken rights from ourselves
  } catch (error) {
    // Another core that starts just now was first; what it has made is checked like anything else.
    if (!(error instanceof Deno.errors.AlreadyExists)) throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): PermissionError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new PermissionError(
    `${path}: ${why}`,
    "Check who may read and write the folders above it.",
  );
}
