/** The data directory's access list as the system keeps it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { windowsFolders } from "../../lib/ipc/folders_windows.ts";
import { checkDataDirectory, prepareDataDirectory } from "../../lib/ipc/private_channel.ts";
import { readSecurityDescriptor } from "../../lib/ipc/security_descriptor.ts";
import { folderOnWindows, testOnRealWindows, testOnWindows } from "./support.ts";

testOnWindows(
  "a data directory that is missing is made, ours, and passes its own check",
  async () => {
    using folder = folderOnWindows();
    const path = join(folder.path, "a", "data");
    assert.equal(prepareDataDirectory(path), path);
    assert.equal(checkDataDirectory(path), path);
    const { user, descriptor } = windowsFolders();
    assert.equal(readSecurityDescriptor(descriptor(path)!).owner, user);
    Deno.writeTextFileSync(join(path, "file"), "x");
    await Promise.resolve();
  },
);

testOnWindows("a data directory that everybody may enter is refused by exit 5", async () => {
  const { make, user } = windowsFolders();
  using folder = folderOnWindows();
  const path = join(folder.path, "open");
  assert(make(path, `O:${user}D:P(A;OICI;FA;;;${user})(A;OICI;FA;;;WD)`));
  for (const check of [prepareDataDirectory, checkDataDirectory]) {
    assert.throws(() => check(path), {
      exitCode: 5,
      message: `${path} is open to other users (S-1-1-0)`,
      next: /^Run: icacls ".*\\open" \/inheritance:r \/grant:r /,
    });
  }
  await Promise.resolve();
});

testOnRealWindows("the icacls line of the refusal mends what it names", async () => {
  const { make, user } = windowsFolders();
  using folder = folderOnWindows();
  const path = join(folder.path, "open");
  assert(make(path, `O:${user}D:(A;OICI;FA;;;${user})(A;OICI;FA;;;WD)(A;OICI;FR;;;BU)`));
  let next = "";
  try {
    checkDataDirectory(path);
  } catch (error) {
    next = (error as { next: string }).next;
  }
  const { success } = await new Deno.Command("cmd.exe", {
    args: [`/d /c "${next.replace("Run: ", "")}"`],
    windowsRawArguments: true,
  }).output();
  assert(success, next);
  assert.equal(checkDataDirectory(path), path);
});
