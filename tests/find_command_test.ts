import assert from "node:assert/strict";
import { join } from "node:path";
import type { UserError } from "../lib/errors.ts";
import { findCommand, findWorkingDirectory } from "../lib/find_command.ts";

async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, "tool"), "", { mode: 0o755 });
    await Deno.writeTextFile(join(folder, "data"), "", { mode: 0o644 });
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("command: found on PATH, by a relative and by an absolute path", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "tool");
    assert.equal(await findCommand("tool", `/nowhere:${folder}`, "/"), path);
    assert.equal(await findCommand("./tool", "", folder), path);
    assert.equal(await findCommand(path, undefined, "/"), path);
  });
});

Deno.test("command: a missing one says where it was looked for, and what to do", async () => {
  await withFolder(async (folder) => {
    await assert.rejects(findCommand("data", `/nowhere:${folder}`, "/"), (error: UserError) => {
      assert.match(error.message, /"data".*\/nowhere:/);
      assert.match(error.next!, /Install it/);
      return true;
    });
    await assert.rejects(findCommand("tool", "", "/"), /PATH \(which is empty\)/);
    await assert.rejects(findCommand("./data", "", folder), /data is missing or not executable/);
  });
});

Deno.test("command: a working directory that is missing or a file is refused by name", async () => {
  await withFolder(async (folder) => {
    assert.equal(await findWorkingDirectory(undefined, "/tmp"), "/tmp");
    assert.equal(await findWorkingDirectory(folder, "/"), folder);
    await assert.rejects(findWorkingDirectory(join(folder, "gone"), "/"), /gone is missing/);
    await assert.rejects(
      findWorkingDirectory(join(folder, "data"), "/"),
      /data is not a directory/,
    );
  });
});
