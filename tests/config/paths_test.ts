import assert from "node:assert/strict";
import { absolute, configFileOf, type Inputs, pathsOf } from "../../lib/config/paths.ts";

const linux: Inputs = {
  flags: {},
  environment: { HOME: "/home/ann" },
  platform: "linux",
  workingDirectory: "/work/here",
};
const darwin: Inputs = { ...linux, environment: { HOME: "/Users/ann" }, platform: "darwin" };
const windows: Inputs = {
  flags: {},
  environment: {
    USERPROFILE: "C:\\Users\\ann",
    LOCALAPPDATA: "D:\\Local",
    HOME: "/not/asked",
  },
  platform: "windows",
  workingDirectory: "E:\\work",
};

Deno.test("default paths of the three systems", () => {
  assert.deepEqual(pathsOf(linux, undefined), {
    configFile: "/home/ann/.mcpproxy/mcp_config.json",
    dataDirectory: "/home/ann/.mcpproxy",
    isDefaultDataDirectory: true,
    logDirectory: "/home/ann/.mcpproxy/logs",
  });
  assert.deepEqual(pathsOf(darwin, undefined), {
    configFile: "/Users/ann/.mcpproxy/mcp_config.json",
    dataDirectory: "/Users/ann/.mcpproxy",
    isDefaultDataDirectory: true,
    logDirectory: "/Users/ann/Library/Logs/mcpproxy",
  });
  assert.deepEqual(pathsOf(windows, undefined), {
    configFile: "C:\\Users\\ann\\.mcpproxy\\mcp_config.json",
    dataDirectory: "C:\\Users\\ann\\.mcpproxy",
    isDefaultDataDirectory: true,
    logDirectory: "D:\\Local\\mcpproxy\\logs",
  });
  const { USERPROFILE } = windows.environment;
  assert.equal(
    pathsOf({ ...windows, environment: { USERPROFILE } }, undefined).logDirectory,
    "C:\\Users\\ann\\AppData\\Local\\mcpproxy\\logs",
  );
});

Deno.test("another data directory holds the logs too, on every system", () => {
  for (const inputs of [linux, darwin]) {
    const paths = pathsOf({ ...inputs, flags: { dataDir: "/data/one" } }, undefined);
    assert.equal(paths.logDirectory, "/data/one/logs");
    assert.equal(paths.configFile, "/data/one/mcp_config.json");
    assert.equal(paths.isDefaultDataDirectory, false);
  }
  const paths = pathsOf({ ...windows, flags: { dataDir: "F:\\one" } }, undefined);
  assert.equal(paths.logDirectory, "F:\\one\\logs");
  const same = { ...windows, flags: { dataDir: "c:\\users\\ANN\\.mcpproxy" } };
  assert.equal(pathsOf(same, undefined).isDefaultDataDirectory, true);
});

Deno.test("data directory: flag over environment over file over default", () => {
  const file = "/from/file";
  const environment = { HOME: "/home/ann", MCPPROXY_DATA: "/from/environment" };
  const both = { ...linux, environment, flags: { dataDir: "/from/flag" } };
  assert.equal(pathsOf(both, file).dataDirectory, "/from/flag");
  assert.equal(pathsOf({ ...linux, environment }, file).dataDirectory, "/from/environment");
  assert.equal(pathsOf(linux, file).dataDirectory, "/from/file");
  assert.equal(pathsOf(linux, "").dataDirectory, "/home/ann/.mcpproxy");
  const empty = { HOME: "/home/ann", MCPPROXY_DATA: "" };
  assert.equal(pathsOf({ ...linux, environment: empty }, file).dataDirectory, "/from/file");
});

Deno.test("config file: the flag, else in the data directory given, else in the default one", () => {
  assert.equal(configFileOf({ ...linux, flags: { config: "c.json" } }), "/work/here/c.json");
  assert.equal(configFileOf({ ...linux, flags: { config: "~/c.json" } }), "/home/ann/c.json");
  assert.equal(configFileOf({ ...linux, flags: { dataDir: "d" } }), "/work/here/d/mcp_config.json");
  const environment = { HOME: "/home/ann", MCPPROXY_DATA: "~/d" };
  assert.equal(configFileOf({ ...linux, environment }), "/home/ann/d/mcp_config.json");
  // A data_dir in the default file moves the data, not the file.
  const moved = pathsOf(linux, "/srv/data");
  assert.equal(moved.configFile, "/home/ann/.mcpproxy/mcp_config.json");
  assert.equal(moved.dataDirectory, "/srv/data");
});

Deno.test("tilde, dots and references", () => {
  assert.equal(absolute("~", linux), "/home/ann");
  assert.equal(absolute("~/a/../b/", linux), "/home/ann/b");
  assert.equal(absolute("~bob/x", linux), "/work/here/~bob/x");
  assert.equal(absolute("~\\x", windows), "C:\\Users\\ann\\x");
  assert.equal(absolute("..\\x", windows), "E:\\x");
  assert.equal(pathsOf(linux, "~/data").dataDirectory, "/home/ann/data");
  const environment = { HOME: "/home/ann", DISK: "/mnt" };
  assert.equal(pathsOf({ ...linux, environment }, "${env:DISK}/d").dataDirectory, "/mnt/d");
  assert.throws(
    () => pathsOf(linux, "${env:DISK}/d"),
    /data_dir asks for .* DISK, which is not set/,
  );
  assert.throws(() => pathsOf(linux, "relative/dir"), /data_dir is a relative path/);
});

Deno.test("go fault 20: HOME is honoured, so a second instance keeps to itself", () => {
  const other = pathsOf({ ...linux, environment: { HOME: "/tmp/other" } }, undefined);
  assert.equal(other.dataDirectory, "/tmp/other/.mcpproxy");
  assert.equal(other.configFile, "/tmp/other/.mcpproxy/mcp_config.json");
  assert.equal(other.isDefaultDataDirectory, true);
});

Deno.test("without a home directory", () => {
  for (const environment of [{}, { HOME: "" }, { HOME: "relative" }]) {
    const homeless = { ...linux, environment };
    assert.throws(() => pathsOf(homeless, undefined), /HOME is not set to an absolute path/);
    assert.throws(() => absolute("~/x", homeless), /HOME/);
    const paths = pathsOf({ ...homeless, flags: { dataDir: "/d" } }, undefined);
    assert.equal(paths.dataDirectory, "/d");
    assert.equal(paths.isDefaultDataDirectory, false);
  }
  const homeless = { ...windows, environment: { HOME: "/home/ann" } };
  assert.throws(() => configFileOf(homeless), /USERPROFILE is not set/);
});
