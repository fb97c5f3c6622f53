/** What the tray mends by itself, and what it leaves alone. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Inputs, Paths } from "../../lib/config/paths.ts";
import { operatingSystem } from "../../lib/platform.ts";
import { fixPermissions, useFreePort } from "../../lib/tray/mend.ts";
import { testWithSecondUser } from "../support/second_user.ts";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary_folder.ts";

/** A data directory with a config file, both as loose as can be. */
function loose(folder: TemporaryFolder): Paths {
  const dataDirectory = join(folder.path, "data");
  const configFile = join(dataDirectory, "mcp_config.json");
  Deno.mkdirSync(dataDirectory);
  Deno.writeTextFileSync(configFile, "{}");
  Deno.chmodSync(dataDirectory, 0o755);
  Deno.chmodSync(configFile, 0o666);
  return { dataDirectory, configFile, isDefaultDataDirectory: false, logDirectory: "" };
}

const modeOf = (path: string) => (Deno.statSync(path).mode! & 0o7777).toString(8);

Deno.test("loose modes are tightened, and what was writable by others is to be looked through", () => {
  using folder = temporaryFolder();
  const paths = loose(folder);
  assert.deepEqual(fixPermissions(paths), [
    `${paths.dataDirectory}: mode 0755 is now 0700.`,
    `${paths.configFile}: mode 0666 is now 0600. Others could write to it until now: look through what it holds.`,
  ]);
  assert.deepEqual([modeOf(paths.dataDirectory), modeOf(paths.configFile)], ["700", "600"]);
  assert.deepEqual(fixPermissions(paths), []);
});

Deno.test("a folder further up is named, and left as it is", () => {
  using folder = temporaryFolder();
  const paths = loose(folder);
  Deno.chmodSync(folder.path, 0o777);
  assert.throws(() => fixPermissions(paths), {
    name: "PermissionError",
    next: new RegExp(`chmod go-w ${folder.path}`),
  });
  assert.equal(modeOf(folder.path), "777");
});

Deno.test("what is not there is no trouble", () => {
  using folder = temporaryFolder();
  const paths = loose(folder);
  Deno.removeSync(paths.configFile);
  assert.equal(fixPermissions(paths).length, 1);
});

testWithSecondUser("what belongs to another user is left alone", ({ uid, gid }) => {
  using folder = temporaryFolder();
  const paths = loose(folder);
  Deno.chownSync(paths.configFile, uid, gid);
  assert.throws(() => fixPermissions(paths), /belongs to user/);
  assert.equal(modeOf(paths.configFile), "666");
  Deno.chownSync(paths.dataDirectory, uid, gid);
  Deno.chmodSync(paths.dataDirectory, 0o755);
  assert.throws(() => fixPermissions(paths), /belongs to user/);
  assert.equal(modeOf(paths.dataDirectory), "755");
});

function inputsOf(folder: TemporaryFolder, environment: Record<string, string> = {}): Inputs {
  return {
    flags: { dataDir: folder.path },
    environment: { HOME: folder.path, ...environment },
    platform: operatingSystem,
    workingDirectory: folder.path,
  };
}

Deno.test("the next free port is written to the config, beside all else that it holds, and the host stays", async () => {
  using folder = temporaryFolder();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  const path = join(folder.path, "mcp_config.json");
  const text = (listen: string) => `{ "x": 1.50,\n  "listen": "${listen}", "mcpServers": [] }\n`;
  Deno.writeTextFileSync(path, text(`127.0.0.1:${port}`), { mode: 0o600 });
  const address = await useFreePort(inputsOf(folder));
  assert.equal(Deno.readTextFileSync(path), text(address));
  const chosen = Number(/^127\.0\.0\.1:(\d+)$/.exec(address)![1]);
  assert(port === 65_535 || (chosen > port && chosen <= port + 100) || chosen > 1024);
  using _free = Deno.listen({ hostname: "127.0.0.1", port: chosen });

  Deno.writeTextFileSync(path, text(`localhost:${port}`), { mode: 0o600 });
  assert.match(await useFreePort(inputsOf(folder)), /^localhost:\d+$/);
});

Deno.test("without a config file one is made; what an environment variable decides is not overruled", async () => {
  using folder = temporaryFolder();
  const address = await useFreePort(inputsOf(folder));
  const { listen } = JSON.parse(Deno.readTextFileSync(join(folder.path, "mcp_config.json")));
  assert.equal(listen, address);
  const decided = inputsOf(folder, { MCPPROXY_LISTEN: "127.0.0.1:1" });
  await assert.rejects(useFreePort(decided), /MCPPROXY_LISTEN decides on the port/);
});
