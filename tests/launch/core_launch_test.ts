/** Arguments and environment of a core that is started in the background. */
import assert from "node:assert/strict";
import type { Inputs } from "../../lib/config/paths.ts";
import { coreArguments, coreEnvironment, placeOptions } from "../../lib/launch/core_launch.ts";

const inputs: Inputs = {
  flags: {},
  environment: { HOME: "/home/me", PATH: "/bin", MCPPROXY_API_KEY: "hush", OTHER: undefined },
  platform: "linux",
  workingDirectory: "/srv",
};

Deno.test("what its starter was told, the core is told, with paths that hold anywhere", () => {
  assert.deepEqual(coreArguments(inputs), ["serve", "--log-to-file"]);
  const flags = {
    config: "my.json",
    dataDir: "~/data",
    trayEndpoint: "unix:///tmp/x.sock",
    listen: "127.0.0.1:0",
    logLevel: "debug",
    enableSocket: false,
  };
  assert.deepEqual(coreArguments({ ...inputs, flags }), [
    "serve",
    "--log-to-file",
    "--config=/srv/my.json",
    "--data-dir=/home/me/data",
    "--tray-endpoint=unix:///tmp/x.sock",
    "--listen=127.0.0.1:0",
    "--enable-socket=false",
    "--log-level=debug",
  ]);
});

Deno.test("its environment: ours, what the login shell knows better, and no key that the private channel does not need", () => {
  const login = { PATH: "/nvm/bin:/bin" };
  const common = { HOME: "/home/me", PATH: "/nvm/bin:/bin", MCPPROXY_LAUNCHED_BY: "tray" };
  assert.deepEqual(coreEnvironment(inputs, login, "tray", true), common);
  assert.deepEqual(coreEnvironment(inputs, login, "stdio", false), {
    ...common,
    MCPPROXY_LAUNCHED_BY: "stdio",
    MCPPROXY_API_KEY: "hush",
  });
});

Deno.test("a data directory that the environment names relatively stays the same one", () => {
  const environment = { ...inputs.environment, MCPPROXY_DATA: "data" };
  assert.equal(
    coreEnvironment({ ...inputs, environment }, {}, "tray", true).MCPPROXY_DATA,
    "/srv/data",
  );
});

Deno.test("what leads to the same core from anywhere: flags, else variables, with paths that hold there", () => {
  assert.deepEqual(placeOptions(inputs), []);
  const environment = {
    MCPPROXY_DATA: "data",
    MCPPROXY_TRAY_ENDPOINT: "unix:///tmp/x.sock",
    MCPPROXY_API_KEY: "hush",
  };
  assert.deepEqual(placeOptions({ ...inputs, environment }), [
    "--data-dir=/srv/data",
    "--tray-endpoint=unix:///tmp/x.sock",
  ]);
  const flags = { config: "my.json", dataDir: "other", trayEndpoint: "unix:///tmp/y.sock" };
  assert.deepEqual(placeOptions({ ...inputs, flags, environment }), [
    "--config=/srv/my.json",
    "--data-dir=/srv/other",
    "--tray-endpoint=unix:///tmp/y.sock",
  ]);
});
