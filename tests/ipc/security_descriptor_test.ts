import assert from "node:assert/strict";
import {
  AceFlag,
  folderSecurity,
  pipeSecurity,
  readSecurityDescriptor,
  readSid,
  WellKnownSid,
} from "../../lib/ipc/security_descriptor.ts";
import { descriptorBytes, sidBytes } from "./fixtures/descriptor_bytes.ts";

const user = "S-1-5-21-1004336348-1177238915-682003330-1001";

Deno.test("the pipe lets in this user and nobody else; the folder also SYSTEM and the Administrators", () => {
  assert.equal(pipeSecurity(user), `O:${user}D:P(A;;FA;;;${user})`);
  assert.equal(
    folderSecurity(user),
    `O:${user}D:P(A;OICI;FA;;;${user})(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)`,
  );
});

Deno.test("SIDs are read as Windows writes them", () => {
  for (
    const sid of [user, "S-1-5-18", "S-1-1-0", WellKnownSid.trustedInstaller, "S-1-4294967296-1"]
  ) {
    assert.equal(readSid(sidBytes(sid)), sid);
  }
  // winnt.h, SECURITY_WORLD_SID_AUTHORITY, as it lies in memory.
  assert.equal(readSid(Uint8Array.of(1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0)), "S-1-1-0");
  assert.throws(() => readSid(sidBytes(user).slice(0, -1)), RangeError);
});

Deno.test("a descriptor is read: owner, entries, kinds that we cannot read, and no list at all", () => {
  const entries = [
    { type: 0, flags: 0, mask: 0x1f01ff, sid: user },
    { type: 1, flags: AceFlag.inheritOnly, mask: 1, sid: "S-1-1-0" },
    { type: 5, flags: 0, mask: 2, sid: null },
  ];
  assert.deepEqual(readSecurityDescriptor(descriptorBytes({ owner: user, entries })), {
    owner: user,
    entries,
  });
  assert.deepEqual(readSecurityDescriptor(descriptorBytes({ owner: null, entries: null })), {
    owner: null,
    entries: null,
  });
  assert.deepEqual(
    readSecurityDescriptor(descriptorBytes({ owner: user, entries: [] })).entries,
    [],
  );
  const cut = descriptorBytes({ owner: user, entries }).slice(0, -20);
  assert.throws(() => readSecurityDescriptor(cut), RangeError);
});
