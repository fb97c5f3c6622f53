/** What is written for Windows, run by the Windows build of Deno under Wine. */
import assert from "node:assert/strict";
import { testOnLinux } from "./support/programs.ts";
import { testUnderWine, wineIsMissing } from "./support/wine.ts";

const files = [
  "tests/ipc/core_lock_test.ts",
  "tests/ipc/endpoint_test.ts",
  "tests/ipc/once_test.ts",
  "tests/ipc/pipe_test.ts",
  "tests/ipc/private_path_windows_test.ts",
  "tests/ipc/security_descriptor_test.ts",
  "tests/ipc/sessions_test.ts",
  "tests/command_windows_test.ts",
  "tests/upstream/environment_test.ts",
  "tests/windows/core_test.ts",
  "tests/windows/folder_test.ts",
  "tests/windows/pipe_test.ts",
  "tests/windows/process_test.ts",
];

testOnLinux("the tests of Windows pass under Wine", wineIsMissing(), async () => {
  const { success, output } = await testUnderWine(files, 480);
  assert(success, output);
  const [, passed, ignored] = /^ok \| (\d+) passed .*\| (\d+) ignored/m.exec(output) ?? [];
  assert(Number(passed) >= 60, output);
  assert(Number(ignored) <= 7, `what Wine cannot show, and nothing else, is left out:\n${output}`);
});
