import assert from "node:assert/strict";
import { join } from "node:path";
import { ConfigError } from "../../lib/config/error.ts";
import { ensureConfig, loadConfig } from "../../lib/config/load.ts";
import { resolvePaths } from "../../lib/config/resolve.ts";
import type { Flags, Inputs } from "../../lib/config/paths.ts";
import { folder, goConfig } from "./folder.ts";

const ensure = async (inputs: Inputs) => await ensureConfig(inputs, await resolvePaths(inputs));

Deno.test("looking creates nothing", async () => {
  await using home = await folder();
  const settings = await loadConfig(home.inputs({ dataDir: join(home.path, "data") }));
  assert.equal(settings.config.api_key, undefined);
  assert.equal(settings.config.listen, "127.0.0.1:8080");
  assert.equal(settings.paths.dataDirectory, join(home.path, "data"));
  assert.equal(settings.launchedBy, "");
  assert.deepEqual(settings.warnings, []);
  assert.deepEqual(home.list(), []);
});

Deno.test("a missing config is created, private and with a key of its own", async () => {
  await using one = await folder();
  await using other = await folder();
  const settings = await ensure(one.inputs());
  assert.match(settings.config.api_key!, /^[0-9a-f]{64}$/);
  assert.notEqual((await ensure(other.inputs())).config.api_key, settings.config.api_key);
  assert.equal((await Deno.stat(one.config)).mode! & 0o777, 0o600);
  assert.deepEqual(JSON.parse(await one.read()), {
    listen: "127.0.0.1:8080",
    data_dir: one.path,
    enable_socket: true,
    require_mcp_auth: true,
    api_key: settings.config.api_key,
    mcpServers: [],
  });
  assert.deepEqual(one.list(), ["mcp_config.json"]);
  // The second start finds it as it was left.
  assert.deepEqual(await ensure(one.inputs()), settings);
});

Deno.test("in the default data directory the created config does not name it", async () => {
  await using home = await folder();
  const inputs = home.inputs({}, { HOME: home.path });
  await Deno.mkdir(join(home.path, ".mcpproxy"), { mode: 0o700 });
  const { paths } = await ensure(inputs);
  assert.equal(paths.configFile, join(home.path, ".mcpproxy", "mcp_config.json"));
  assert.ok(!("data_dir" in JSON.parse(await Deno.readTextFile(paths.configFile))));
});

Deno.test("an empty file gets the same, and a folder that --config names is made", async () => {
  await using home = await folder();
  for (const content of ["", " \n"]) {
    await home.write(content);
    assert.match((await ensure(home.inputs())).config.api_key!, /^[0-9a-f]{64}$/);
  }
  const config = join(home.path, "a", "b", "c.json");
  const { paths } = await ensure(home.inputs({ config }));
  assert.equal(paths.dataDirectory, join(home.path, "home", ".mcpproxy"));
  assert.equal((await Deno.stat(join(home.path, "a", "b"))).mode! & 0o777, 0o700);
});

Deno.test("a config without a key gets one and stays byte for byte what it was beside", async () => {
  await using home = await folder();
  const text = (await goConfig()).replace(/ {2}"api_key": ".*",\n/, "");
  await home.write(text);
  const { config } = await ensure(home.inputs());
  const last = '  "routing_mode": "retrieve_tools"';
  assert.equal(await home.read(), text.replace(last, `${last},\n  "api_key": "${config.api_key}"`));

  await home.write('{"api_key":"","x":1.0}');
  const again = await ensure(home.inputs());
  assert.equal(await home.read(), `{"api_key":"${again.config.api_key}","x":1.0}`);
});

Deno.test("a key in the environment goes before the file's, and none is written then", async () => {
  await using home = await folder();
  const inputs = home.inputs(undefined, { MCPPROXY_API_KEY: "from-environment" });
  assert.equal((await ensure(inputs)).config.api_key, "from-environment");
  assert.ok(!("api_key" in JSON.parse(await home.read())));
  await home.write('{"listen": ":1"}');
  await ensure(inputs);
  assert.equal(await home.read(), '{"listen": ":1"}');
  await home.write('{"api_key": "from-file"}');
  assert.equal((await loadConfig(inputs)).config.api_key, "from-environment");
  assert.equal((await loadConfig(home.inputs())).config.api_key, "from-file");
});

Deno.test("flags go before environment, environment before file, file before defaults", async () => {
  await using home = await folder();
  const file = {
    listen: "127.0.0.1:1",
    enable_socket: false,
    tray_endpoint: "unix:///file",
    logging: { level: "warn", enable_file: true },
  };
  await home.write(JSON.stringify(file));
  const environment = {
    MCPPROXY_LISTEN: "127.0.0.1:2",
    MCPPROXY_TRAY_ENDPOINT: "unix:///environment",
    MCPPROXY_LAUNCHED_BY: "tray",
  };
  const flags: Flags = {
    dataDir: home.path,
    listen: "127.0.0.1:3",
    enableSocket: true,
    trayEndpoint: "unix:///flag",
    logLevel: "debug",
    logToFile: false,
  };
  const load = async (flags: Flags, environment: Record<string, string>) => {
    const { config, launchedBy } = await loadConfig(home.inputs(flags, environment));
    const { listen, enable_socket, tray_endpoint, logging: { level, enable_file } } = config;
    return [listen, enable_socket, tray_endpoint, level, enable_file, launchedBy];
  };
  const { dataDir } = flags;
  assert.deepEqual(await load(flags, environment), [
    "127.0.0.1:3",
    true,
    "unix:///flag",
    "debug",
    false,
    "tray",
  ]);
  assert.deepEqual(await load({ dataDir }, environment), [
    "127.0.0.1:2",
    false,
    "unix:///environment",
    "warn",
    true,
    "tray",
  ]);
  const unset = { MCPPROXY_LISTEN: "", MCPPROXY_TRAY_ENDPOINT: "", MCPPROXY_LAUNCHED_BY: "" };
  for (const environment of [{}, unset]) {
    assert.deepEqual(await load({ dataDir }, environment), [
      "127.0.0.1:1",
      false,
      "unix:///file",
      "warn",
      true,
      "",
    ]);
  }
  await home.write("{}");
  assert.deepEqual(await load({ dataDir }, {}), [
    "127.0.0.1:8080",
    true,
    undefined,
    "info",
    false,
    "",
  ]);
});

Deno.test("go fault 7: an empty MCPPROXY_TRAY_ENDPOINT counts as not set", async () => {
  await using home = await folder();
  await home.write('{"tray_endpoint": "unix:///from-file"}');
  const inputs = home.inputs(undefined, { MCPPROXY_TRAY_ENDPOINT: "" });
  assert.equal((await loadConfig(inputs)).config.tray_endpoint, "unix:///from-file");
});

Deno.test("go fault 8: MCPPROXY_TRAY_ENDPOINT moves the core as it moves its clients", async () => {
  await using home = await folder();
  const inputs = home.inputs(undefined, { MCPPROXY_TRAY_ENDPOINT: "unix:///moved" });
  const core = await ensure(inputs);
  const client = await loadConfig(inputs);
  assert.equal(core.config.tray_endpoint, "unix:///moved");
  assert.equal(client.config.tray_endpoint, "unix:///moved");
});

Deno.test("wrong flags and variables are named", async () => {
  await using home = await folder();
  const dataDir = home.path;
  const table: [Flags, Record<string, string>, RegExp][] = [
    [{ dataDir, listen: "here" }, {}, /^--listen: expected "host:port"/],
    [{ dataDir }, { MCPPROXY_LISTEN: "x:99999" }, /^MCPPROXY_LISTEN: the port must be/],
    [{ dataDir, logLevel: "loud" }, {}, /^--log-level: no such level/],
    [{ dataDir }, { MCPPROXY_TLS_ENABLED: "true" }, /^MCPPROXY_TLS_ENABLED asks for TLS/],
  ];
  for (const [flags, environment, expected] of table) {
    await assert.rejects(loadConfig(home.inputs(flags, environment)), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.equal(error.exitCode, 4);
      assert.match(error.message, expected);
      return true;
    });
  }
});

Deno.test("the config of the working directory is not read", async () => {
  await using home = await folder();
  await home.write('{"listen": "0.0.0.0:666"}');
  const { config, paths } = await loadConfig(home.inputs({}));
  assert.equal(config.listen, "127.0.0.1:8080");
  assert.equal(paths.configFile, join(home.path, "home", ".mcpproxy", "mcp_config.json"));
});

Deno.test("with --config the file's data_dir decides, unless a data directory is given", async () => {
  await using home = await folder();
  const data_dir = join(home.path, "data");
  await home.write(JSON.stringify({ data_dir }));
  const { config } = home;
  const paths = async (flags: Flags, environment = {}) => {
    const settings = await loadConfig(home.inputs(flags, environment));
    assert.equal(settings.config.data_dir, settings.paths.dataDirectory);
    return settings.paths;
  };
  assert.equal((await paths({ config })).dataDirectory, data_dir);
  assert.equal((await paths({ config })).logDirectory, join(data_dir, "logs"));
  assert.equal((await paths({ config, dataDir: "/d" })).dataDirectory, "/d");
  assert.equal((await paths({ config }, { MCPPROXY_DATA: "/e" })).dataDirectory, "/e");
  await home.write("{}");
  assert.equal((await paths({ config })).dataDirectory, join(home.path, "home", ".mcpproxy"));
});

Deno.test("what a user should hear", async () => {
  await using home = await folder();
  await home.write('{"require_mcp_auth": false, "api_key": "x"}', 0o644);
  const { warnings } = await ensure(home.inputs());
  assert.equal(warnings.length, 2);
  assert.match(warnings[0]!, /can be read by other users \(mode 0644\); run: chmod 600 /);
  assert.match(warnings[1]!, /require_mcp_auth is false .* without the API key/);
  assert.equal((await Deno.stat(home.config)).mode! & 0o777, 0o644);
  await home.write('{"require_mcp_auth": true}', 0o644);
  await ensure(home.inputs());
  assert.equal((await Deno.stat(home.config)).mode! & 0o777, 0o600);
});

Deno.test("a config that others may write stops everything before it is parsed", async () => {
  await using home = await folder();
  await home.write("garbage", 0o666);
  for (const act of [resolvePaths, loadConfig, ensure]) {
    await assert.rejects(act(home.inputs()), { name: "ConfigError", exitCode: 5 });
  }
  assert.equal(await home.read(), "garbage");
});
