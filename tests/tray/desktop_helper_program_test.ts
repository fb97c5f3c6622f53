import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../../lib/errors.ts";
import { darwinHelper } from "../../lib/tray/desktop/desktop_darwin.ts";
import { windowsHelper } from "../../lib/tray/desktop/desktop_windows.ts";
import { type HelperFile, installHelper } from "../../lib/tray/desktop/desktop_helper_program.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

const script = new TextEncoder().encode("#!/bin/sh\necho started\n");
const read = () => Promise.resolve(script);
const file: HelperFile = {
  name: "tray_fake",
  sha256: new Uint8Array(await crypto.subtle.digest("SHA-256", script)).toHex(),
};
const none = () => Promise.reject(new Error("must not be read again"));

Deno.test("helper program: it is copied once, to a folder that is ours alone, and can be started", async () => {
  using cache = temporaryFolder();
  const path = await installHelper(file, join(cache.path, "a/b"), read);
  assert.equal(path, join(cache.path, "a/b/mcpproxy", file.sha256, "tray_fake"));
  assert.equal(Deno.statSync(join(path, "..")).mode! & 0o777, 0o700);
  const { stdout } = await new Deno.Command(path).output();
  assert.equal(new TextDecoder().decode(stdout), "started\n");
  assert.equal(await installHelper(file, join(cache.path, "a/b"), none), path);
  assert.deepEqual([...Deno.readDirSync(join(path, ".."))].map(({ name }) => name), ["tray_fake"]);
});

Deno.test("helper program: another one than expected is neither started nor kept", async () => {
  using cache = temporaryFolder();
  const evil = () => Promise.resolve(new TextEncoder().encode("#!/bin/sh\nrm -rf ~\n"));
  await assert.rejects(installHelper(file, cache.path, evil), (error) => {
    assert(error instanceof UserError);
    assert.match(error.message, /not the expected program/);
    return true;
  });
  assert.deepEqual([...Deno.readDirSync(join(cache.path, "mcpproxy", file.sha256))], []);
});

Deno.test("helper program: what somebody has changed in the cache is replaced", async () => {
  using cache = temporaryFolder();
  const path = await installHelper(file, cache.path, read);
  Deno.writeTextFileSync(path, "changed");
  await installHelper(file, cache.path, read);
  assert.deepEqual(Deno.readFileSync(path), script);

  const elsewhere = join(cache.path, "elsewhere");
  Deno.renameSync(path, elsewhere);
  Deno.symlinkSync(elsewhere, path);
  await installHelper(file, cache.path, read);
  assert(Deno.lstatSync(path).isFile, "a link could be turned elsewhere later");

  Deno.chmodSync(join(path, ".."), 0o777);
  await installHelper(file, cache.path, none);
  assert.equal(Deno.statSync(join(path, "..")).mode! & 0o777, 0o700);
});

Deno.test("helper program: two that do it at once do not get in each other's way", async () => {
  using cache = temporaryFolder();
  const paths = await Promise.all([1, 2, 3].map(() => installHelper(file, cache.path, read)));
  assert.equal(new Set(paths).size, 1);
  assert.deepEqual(Deno.readFileSync(paths[0]!), script);
});

Deno.test("helper program: where nothing can be written, the path is told", async () => {
  using cache = temporaryFolder();
  Deno.writeTextFileSync(join(cache.path, "mcpproxy"), "a file");
  await assert.rejects(installHelper(file, cache.path, read), (error) => {
    assert(error instanceof UserError);
    assert.match(error.message, new RegExp(file.sha256));
    return true;
  });
});

Deno.test("helper program: the npm package holds what this version was made for", async () => {
  using cache = temporaryFolder();
  for (const helper of [darwinHelper, windowsHelper]) {
    const path = await installHelper(helper, cache.path);
    assert(Deno.statSync(path).size > 3_000_000);
  }
});
