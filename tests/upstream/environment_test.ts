import assert from "node:assert/strict";
import { environmentFor } from "../../lib/upstream/environment.ts";

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
