import assert from "node:assert/strict";
import { win32 } from "node:path";
import {
  checkPrivateFolder,
  preparePrivateFolder,
  type WindowsFolders,
} from "../../lib/ipc/private_path_windows.ts";
import {
  type AccessEntry,
  AceFlag,
  folderSecurity,
  type SecurityDescriptor,
  WellKnownSid,
} from "../../lib/ipc/security_descriptor.ts";
import { descriptorBytes } from "./fixtures/descriptor_bytes.ts";

const user = "S-1-5-21-1-2-3-1001";
const other = "S-1-5-21-1-2-3-1002";
const everyone = "S-1-1-0";
const users = "S-1-5-32-545";
const authenticated = "S-1-5-11";
const full = 0x1f01ff;
const readAndExecute = 0x1200a9;
const modify = 0x1301bf;

const allow = (sid: string, mask = full, flags = 3): AccessEntry => ({ type: 0, flags, mask, sid });
const usual = [allow(WellKnownSid.system), allow(WellKnownSid.administrators), allow(user)];

/** A disk as Windows 11 sets it up, and what a test adds. */
function disk(more: Record<string, SecurityDescriptor> = {}): WindowsFolders & { made: string[] } {
  const system = [allow(WellKnownSid.system), allow(WellKnownSid.administrators)];
  const all: Record<string, SecurityDescriptor> = {
    "C:\\": {
      owner: WellKnownSid.trustedInstaller,
      entries: [
        ...system,
        allow(users, readAndExecute),
        allow(authenticated, modify, 3 | AceFlag.inheritOnly),
        allow(authenticated, 0x4, 0),
        allow(WellKnownSid.creatorOwner, full, 3 | AceFlag.inheritOnly),
      ],
    },
    "C:\\Users": {
      owner: WellKnownSid.system,
      entries: [...system, allow(users, readAndExecute), allow(everyone, readAndExecute)],
    },
    // The last entry is of an app capability, which Windows puts there itself.
    "C:\\Users\\me": {
      owner: WellKnownSid.system,
      entries: [...usual, allow("S-1-15-3-65536-1888954469-739942743", 0x1000a1, 0)],
    },
    ...more,
  };
  const made: string[] = [];
  return {
    user,
    made,
    kind: (path) => path in all ? "folder" : null,
    realPath: (path) => path,
    descriptor: (path) => descriptorBytes(all[path]!),
    make(path, security) {
      assert.equal(security, folderSecurity(user));
      assert(win32.dirname(path) in all);
      made.push(path);
      all[path] = { owner: user, entries: usual };
      return true;
    },
  };
}

const folder = "C:\\Users\\me\\.mcpproxy";

function refused(descriptor: SecurityDescriptor): { message: string; next: string } {
  const folders = disk({ [folder]: descriptor });
  try {
    checkPrivateFolder(folder, folders);
  } catch (error) {
    const { message, next, exitCode } = error as Error & { next: string; exitCode: number };
    assert.equal(exitCode, 5);
    return { message, next };
  }
  assert.fail("it was accepted");
}

Deno.test("a data directory that is missing is made for this user, SYSTEM and the Administrators", () => {
  const folders = disk();
  assert.equal(preparePrivateFolder(`${folder}\\deep`, folders), `${folder}\\deep`);
  assert.deepEqual(folders.made, [folder, `${folder}\\deep`]);
  assert.throws(() => checkPrivateFolder("C:\\Users\\me\\absent", folders), {
    exitCode: 5,
    message: "C:\\Users\\me\\absent does not exist",
  });
});

Deno.test("a data directory as the Go program leaves it, with what it inherits, is accepted", () => {
  for (const owner of [user, WellKnownSid.administrators]) {
    const entries = [
      ...usual,
      allow(WellKnownSid.creatorOwner, full, 3 | AceFlag.inheritOnly),
      { type: 1, flags: 0, mask: full, sid: everyone }, // a denial opens nothing
    ];
    checkPrivateFolder(folder, disk({ [folder]: { owner, entries } }));
  }
});

Deno.test("a data directory that lets anybody else in is refused, with the icacls line that mends it", () => {
  for (const sid of [other, everyone, users, authenticated, "S-1-15-2-1"]) {
    for (const flags of [0, 3, 3 | AceFlag.inheritOnly]) {
      const { message, next } = refused({
        owner: user,
        entries: [...usual, allow(sid, 1, flags)],
      });
      assert.equal(message, `${folder} is open to other users (${sid})`);
      assert.equal(
        next,
        `Run: icacls "${folder}" /inheritance:r /grant:r "*${user}:(OI)(CI)F" ` +
          `"*S-1-5-18:(OI)(CI)F" "*S-1-5-32-544:(OI)(CI)F" /remove:g "*${sid}"`,
      );
    }
  }
});

Deno.test("no access list at all, an entry that cannot be read, and a foreign owner are refused", () => {
  assert.match(refused({ owner: user, entries: null }).message, /everybody may enter it/);
  const strange = { type: 5, flags: 0, mask: 1, sid: null };
  assert.match(refused({ owner: user, entries: [...usual, strange] }).message, /entry of type 5/);
  const byCondition = { type: 9, flags: 0, mask: 1, sid: everyone };
  assert.match(refused({ owner: user, entries: [...usual, byCondition] }).message, /S-1-1-0/);
  for (const owner of [other, WellKnownSid.system, null]) {
    const { message } = refused({ owner, entries: usual });
    assert.equal(
      message,
      `${folder} belongs to ${owner ?? "somebody unknown"}, not to you (${user})`,
    );
  }
});

Deno.test("a folder above that others could replace is refused", () => {
  const inside = "C:\\data\\mine";
  const mine = { owner: user, entries: usual };
  const above = (entries: AccessEntry[], owner: string = user) =>
    disk({ "C:\\data": { owner, entries }, [inside]: mine });
  checkPrivateFolder(inside, above([...usual, allow(users, readAndExecute)]));
  const refusals: [AccessEntry[], string?][] = [
    [[...usual, allow(authenticated, modify)]], // what C:\ hands down holds the right to delete
    [[...usual, allow(everyone, 0x40)]],
    [[...usual, allow(other, 0x40000)]],
    [usual, other],
  ];
  for (const [entries, owner] of refusals) {
    assert.throws(() => checkPrivateFolder(inside, above(entries, owner)), {
      exitCode: 5,
      message: /^C:\\data (can be replaced by|belongs to)/,
    });
  }
});
