/**
 * Folders that nobody but this user may get into, on Windows: owner and access list of the folder, and of everything above
 * it (`spec/socket-communication.md`, layers 1 and 5). SYSTEM and the Administrators may: nothing keeps them out.
 */
import { win32 } from "../path.ts";
import { ExitCode, UserError } from "../errors.ts";
import {
  type AccessEntry,
  AceFlag,
  AceType,
  folderSecurity,
  readSecurityDescriptor,
  type SecurityDescriptor,
  WellKnownSid,
} from "./security_descriptor.ts";

/** What is asked of Windows about folders. */
export interface WindowsFolders {
  /** The SID of the user that this process runs as. */
  readonly user: string;
  /** What lies at a path, links followed; null if nothing does. */
  kind(path: string): "folder" | "other" | null;
  /** The path without links. */
  realPath(path: string): string;
  /** Owner and access list, self-relative; null if Windows does not tell. */
  descriptor(path: string): Uint8Array | null;
  /** Makes one folder with a security of its own. @returns false if it could not be made */
  make(path: string, security: string): boolean;
}

/**
 * Makes sure that a folder is private to this user. A missing one is made so, with the folders above it. One that exists is
 * never changed: whatever lies in it may already have been read or replaced.
 * @param path absolute path; it may be a link to such a folder
 * @param folders the system's answers
 * @returns the real path
 * @throws {UserError} exit code 5, with the command that mends it
 */
export function preparePrivateFolder(path: string, folders: WindowsFolders): string {
  if (folders.kind(path) === null) make(path, folders);
  return checkPrivateFolder(path, folders);
}

/**
 * Checks a folder that must exist already; what a client does before it trusts what lies in it.
 * @param path absolute path, or a link to it
 * @param folders the system's answers
 * @returns the real path
 * @throws {UserError} exit code 5 if it is missing, no folder, another user's, or open to others
 */
export function checkPrivateFolder(path: string, folders: WindowsFolders): string {
  const kind = folders.kind(path);
  if (kind === null) throw refusal(`${path} does not exist`, "Start the core first.");
  const real = folders.realPath(path);
  if (kind !== "folder") {
    throw refusal(`${real} is not a directory`, "Move it away, or choose another.");
  }
  checkAbove(real, folders);
  if (real.toLowerCase() !== path.toLowerCase()) checkAbove(path, folders);
  const security = securityOf(real, folders);
  requireOwner(real, security, [folders.user, WellKnownSid.administrators]);
  if (security.entries === null) {
    throw refusal(`${real} has no access list, so everybody may enter it`, mend(real, folders, []));
  }
  const others = strangers(security.entries, folders.user);
  if (others.length > 0) {
    throw refusal(
      `${real} is open to other users (${others.join(", ")})`,
      mend(real, folders, others),
    );
  }
  return real;
}

/** Owners whose folders nobody else can take away. */
const trustedOwners = [
  WellKnownSid.administrators,
  WellKnownSid.system,
  WellKnownSid.trustedInstaller,
];
/** DELETE, WRITE_DAC, WRITE_OWNER; FILE_DELETE_CHILD; GENERIC_ALL: each lets its holder put another folder in the place. */
const replacing = 0x0001_0000 | 0x0004_0000 | 0x0008_0000 | 0x40 | 0x1000_0000;

/** Nobody else may replace a folder on the way down. A root cannot be replaced, nor what is below it without its rights. */
function checkAbove(path: string, folders: WindowsFolders): void {
  for (let at = win32.dirname(path);; at = win32.dirname(at)) {
    const isRoot = win32.dirname(at) === at;
    const security = securityOf(at, folders);
    requireOwner(at, security, [folders.user, ...trustedOwners]);
    const rights = isRoot ? replacing & ~0x0001_0000 : replacing;
    const able = security.entries?.filter(({ mask, flags }) =>
      (mask & rights) !== 0 && (flags & AceFlag.inheritOnly) === 0
    );
    const others = able ? strangers(able, folders.user) : ["everybody"];
    if (others.length > 0) {
      throw refusal(
        `${at} can be replaced by other users (${others.join(", ")}), with what lies in it`,
        `Choose another with --data-dir, or take their right to delete it: icacls "${at}"`,
      );
    }
    if (isRoot) return;
  }
}

/** Whom a list lets in beside this user and those who could get in anyway. What cannot be read is somebody else. */
function strangers(entries: AccessEntry[], user: string): string[] {
  const known: string[] = [
    ...[user, WellKnownSid.system, WellKnownSid.administrators, WellKnownSid.trustedInstaller],
    WellKnownSid.ownerRights, // the owner was looked at
  ];
  const denials: number[] = [AceType.denied, AceType.deniedCallback, 6, 12]; // the last two are of objects
  const others = entries.filter(({ type, flags, sid }) => {
    if (denials.includes(type)) return false;
    if (sid === null) return true;
    // Whoever can make something in it, and that are those who may enter.
    if (sid === WellKnownSid.creatorOwner && (flags & AceFlag.inheritOnly) !== 0) return false;
    return !known.includes(sid);
  });
  return [...new Set(others.map(({ type, sid }) => sid ?? `an entry of type ${type}`))];
}

function requireOwner(path: string, { owner }: SecurityDescriptor, owners: string[]): void {
  if (owner !== null && owners.includes(owner)) return;
  throw refusal(
    `${path} belongs to ${owner ?? "somebody unknown"}, not to you (${owners[0]})`,
    "Choose another with --data-dir, or have its owner give it to you.",
  );
}

function securityOf(path: string, folders: WindowsFolders): SecurityDescriptor {
  const bytes = folders.descriptor(path);
  if (bytes !== null) return readSecurityDescriptor(bytes);
  throw refusal(`${path}: Windows does not tell who may enter it`, `Look at: icacls "${path}"`);
}

function make(path: string, folders: WindowsFolders): void {
  const above = win32.dirname(path);
  if (above !== path && folders.kind(above) === null) make(above, folders);
  // Another core that starts just now may be first; what it has made is checked like anything else.
  if (folders.make(path, folderSecurity(folders.user)) || folders.kind(path) !== null) return;
  throw refusal(`${path} cannot be made`, `Check who may write to ${above}.`);
}

/** icacls: inherited entries go, those of others too, and the three that may enter are set. `*` marks a SID. */
function mend(path: string, { user }: WindowsFolders, others: string[]): string {
  const grants = [user, WellKnownSid.system, WellKnownSid.administrators]
    .map((sid) => `"*${sid}:(OI)(CI)F"`);
  const removed = others.filter((sid) => sid.startsWith("S-1-")).map((sid) => ` "*${sid}"`);
  const remove = removed.length > 0 ? ` /remove:g${removed.join("")}` : "";
  return `Run: icacls "${path}" /inheritance:r /grant:r ${grants.join(" ")}${remove}`;
}

function refusal(message: string, next: string): UserError {
  return new UserError(message, { next, exitCode: ExitCode.permission });
}
