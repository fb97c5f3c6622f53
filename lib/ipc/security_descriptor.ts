/**
 * Security descriptors of Windows: who owns a thing, and who may do what with it. Read out of their self-relative form
 * ([MS-DTYP] 2.4.6), so that they can be judged, and tested, on any system.
 */

/** One entry of an access control list. */
export interface AccessEntry {
  /** ACE type ([MS-DTYP] 2.4.4.1). */
  type: number;
  flags: number;
  /** The rights it gives or takes. */
  mask: number;
  /** Whom it is about; null for a type that we cannot read. */
  sid: string | null;
}

/** A security descriptor, without its group and audit list. */
export interface SecurityDescriptor {
  owner: string | null;
  /** Null where there is no list, which lets everybody in. */
  entries: AccessEntry[] | null;
}

/** Well-known SIDs ([MS-DTYP] 2.4.2.4). */
export const WellKnownSid = {
  system: "S-1-5-18",
  administrators: "S-1-5-32-544",
  /** In an inheritable entry: whoever makes the thing that inherits it. */
  creatorOwner: "S-1-3-0",
  /** The owner of the thing, whoever that is. */
  ownerRights: "S-1-3-4",
  /** NT SERVICE\TrustedInstaller, which owns `C:\` and what belongs to Windows itself. */
  trustedInstaller: "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
} as const;

/** ACE types whose SID follows the mask. */
export const AceType = { allowed: 0, denied: 1, allowedCallback: 9, deniedCallback: 10 } as const;

/** ACE flags. */
export const AceFlag = { inheritOnly: 0x08 } as const;

const daclPresent = 0x0004; // SE_DACL_PRESENT

/**
 * The security of the pipe: this user alone, owner set so that nobody's default counts; `P` keeps out what a parent would
 * hand down. FA is every right, that to make another instance of the pipe included.
 * @param user a SID
 * @returns SDDL
 */
export function pipeSecurity(user: string): string {
  return `O:${user}D:P(A;;FA;;;${user})`;
}

/**
 * The security of a private folder and all that will lie in it: this user, and the two that Windows itself needs and that
 * could get in anyway.
 * @param user a SID
 * @returns SDDL
 */
export function folderSecurity(user: string): string {
  return `O:${user}D:P(A;OICI;FA;;;${user})(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)`;
}

/**
 * Reads a self-relative security descriptor.
 * @param bytes as GetFileSecurityW writes it
 * @returns owner and entries
 * @throws {RangeError} if it is cut short
 */
export function readSecurityDescriptor(bytes: Uint8Array): SecurityDescriptor {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const owner = view.getUint32(4, true);
  const list = view.getUint32(16, true);
  const hasList = (view.getUint16(2, true) & daclPresent) !== 0 && list !== 0;
  return {
    owner: owner === 0 ? null : readSid(bytes, owner),
    entries: hasList ? readEntries(bytes, view, list) : null,
  };
}

function readEntries(bytes: Uint8Array, view: DataView, list: number): AccessEntry[] {
  const withSid: number[] = Object.values(AceType);
  const entries: AccessEntry[] = [];
  const count = view.getUint16(list + 4, true);
  for (let at = list + 8; entries.length < count; at += view.getUint16(at + 2, true)) {
    const type = view.getUint8(at);
    entries.push({
      type,
      flags: view.getUint8(at + 1),
      mask: view.getUint32(at + 4, true),
      sid: withSid.includes(type) ? readSid(bytes, at + 8) : null,
    });
  }
  return entries;
}

/**
 * Reads a SID ([MS-DTYP] 2.4.2.2).
 * @param bytes what it lies in
 * @param at where it begins
 * @returns `S-1-5-…`
 * @throws {RangeError} if it is cut short
 */
export function readSid(bytes: Uint8Array, at = 0): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint8(at + 1);
  const authority = view.getUint16(at + 2) * 2 ** 32 + view.getUint32(at + 4);
  const parts = Array.from({ length: count }, (_, part) => view.getUint32(at + 8 + 4 * part, true));
  return ["S", view.getUint8(at), authority, ...parts].join("-");
}
