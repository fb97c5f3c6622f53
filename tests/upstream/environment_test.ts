import assert from "node:assert/strict";
import { environmentFor, searchPathOf } from "../../lib/upstream/environment.ts";

Deno.test("environment: only what programs need is inherited, and the config wins", () => {
  const base = {
    PATH: "/bin",
    HOME: "/home/me",
    HTTPS_PROXY: "http://proxy",
    no_proxy: "localhost",
    NODE_EXTRA_CA_CERTS: "/ca.pem",
    LC_ALL: "C",
    XDG_CACHE_HOME: "/cache",
    DOCKER_HOST: "unix:///d",
    MCPPROXY_API_KEY: "never",
    MCPPROXY_DATA: "/never",
    AWS_SECRET_ACCESS_KEY: "never",
    GITHUB_TOKEN: "never",
    LD_PRELOAD: "never",
    TERM: "() { :; }; echo shellshock",
  };
  assert.deepEqual(environmentFor(base, { GITHUB_TOKEN: "given", PATH: "/own" }), {
    PATH: "/own",
    HOME: "/home/me",
    HTTPS_PROXY: "http://proxy",
    no_proxy: "localhost",
    NODE_EXTRA_CA_CERTS: "/ca.pem",
    LC_ALL: "C",
    XDG_CACHE_HOME: "/cache",
    DOCKER_HOST: "unix:///d",
    GITHUB_TOKEN: "given",
  });
});

Deno.test("environment, Windows: names count in any case, and the config's variable is the only one of its name", () => {
  const base = {
    Path: "C:\\Windows",
    SYSTEMROOT: "C:\\Windows",
    AppData: "C:\\a",
    "ProgramFiles(x86)": "C:\\p",
    mcpproxy_api_key: "never",
    Https_Proxy: "http://proxy",
    Secret: "never",
  };
  const environment = environmentFor(base, { PATH: "C:\\own", appdata: "C:\\b" }, "windows");
  assert.deepEqual(environment, {
    SYSTEMROOT: "C:\\Windows",
    "ProgramFiles(x86)": "C:\\p",
    Https_Proxy: "http://proxy",
    PATH: "C:\\own",
    appdata: "C:\\b",
  });
  assert.equal(searchPathOf(environmentFor(base, {}, "windows"), "windows"), "C:\\Windows");
  assert.equal(searchPathOf({ Path: "no" }, "linux"), undefined);
});
