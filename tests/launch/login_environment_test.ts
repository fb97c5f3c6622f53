/** What a login shell tells, with shells of our own that behave as badly as profiles do. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { loginEnvironment } from "../../lib/launch/login_environment.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";

/** Asks a shell whose profile is this; `$count` in it names a file. */
async function asked(
  profile: string,
  limit = 10_000,
  more: Record<string, string> = {},
): Promise<{ told: Record<string, string>; times: number; took: number }> {
  using folder = temporaryFolder();
  const shell = join(folder.path, "shell");
  const count = join(folder.path, "count");
  // As a login shell: the profile first, then what stands behind -c.
  const script = `#!/bin/sh\necho x >>${count}\n${profile}\nexec /bin/sh -c "$3"\n`;
  Deno.writeTextFileSync(shell, script, { mode: 0o755 });
  const environment = { SHELL: shell, PATH: "/usr/bin:/bin", HOME: folder.path, ...more };
  const ask = loginEnvironment(environment, limit);
  const start = performance.now();
  const [told] = await Promise.all([ask(), ask()]);
  assert.deepEqual(await ask(), told);
  const times = Deno.readTextFileSync(count).trimEnd().split("\n").length;
  return { told, times, took: performance.now() - start };
}

Deno.test("go fault 28: PATH is the login shell's, then what we have ourselves; docker is where the profile says", async () => {
  const profile = "export PATH=/nvm/bin:/usr/bin DOCKER_HOST=unix:///run/me/docker.sock";
  const { told, times } = await asked(profile);
  assert.deepEqual(told, {
    PATH: "/nvm/bin:/usr/bin:/bin",
    DOCKER_HOST: "unix:///run/me/docker.sock",
  });
  assert.equal(times, 1);
  const ours = await asked(profile, 10_000, { DOCKER_HOST: "tcp://elsewhere" });
  assert.equal(ours.told.DOCKER_HOST, undefined);
});

Deno.test("what a profile prints does not matter, before or after", async () => {
  const { told } = await asked(
    'echo Welcome; echo PATH=/evil; printf "no newline"; export PATH=/a:/b:$PATH\ntrap "echo bye" EXIT',
  );
  assert.equal(told.PATH, "/a:/b:/usr/bin:/bin");
});

Deno.test("a profile that leaves something running, with our pipe in its hands, does not hold us up", async () => {
  const { told, took } = await asked("sleep 5 & export PATH=/a:$PATH");
  assert.equal(told.PATH, "/a:/usr/bin:/bin");
  assert(took < 4_000, `${took} ms`);
});

Deno.test("a profile that hangs, fails or floods is given up", async () => {
  const hanging = await asked("sleep 600", 300);
  assert.deepEqual(hanging.told, {});
  assert(hanging.took < 9_000, `${hanging.took} ms`);
  assert.deepEqual((await asked("exit 1", 5_000)).told, {});
  assert.deepEqual((await asked("exec yes", 5_000)).told, {});
});

Deno.test("without a shell nobody is asked", async () => {
  for (const shell of ["", "bash", "/no/such/shell"]) {
    assert.deepEqual(await loginEnvironment({ SHELL: shell, PATH: "/bin" })(), {});
  }
  assert.deepEqual(await loginEnvironment({})(), {});
});

for (const shell of ["/bin/sh", "/bin/bash", "/bin/zsh", "/usr/bin/fish"]) {
  const isThere = await Deno.stat(shell).then(() => true, () => false);
  if (!isThere) continue;
  Deno.test(`a real login shell tells: ${shell}`, async () => {
    using folder = temporaryFolder();
    const environment = { SHELL: shell, PATH: "/just/here:/usr/bin:/bin", HOME: folder.path };
    const { PATH = "" } = await loginEnvironment(environment)();
    assert(PATH.split(":").includes("/usr/bin"));
    assert(PATH.split(":").includes("/just/here"));
  });
}
