import assert from "node:assert/strict";
import { ConfigError } from "../../lib/config/error.ts";
import { expandReferences, resolveServer } from "../../lib/config/references.ts";
import type { ServerConfig } from "../../lib/config/schema.ts";

const server: ServerConfig = {
  name: "files",
  protocol: "auto",
  enabled: true,
  quarantined: false,
  command: "${env:BIN}/run",
  args: ["--token=${env:TOKEN}", "$HOME", "${X}", "${HOME:-x}"],
  working_dir: "${env:BIN}",
  url: "https://${env:HOST}/x",
  env: { TOKEN: "${env:TOKEN}", BOTH: "${env:TOKEN}-${env: BIN }" },
  headers: { Authorization: "Bearer ${env:TOKEN}" },
};
const environment = { BIN: "/bin", TOKEN: "t0k3n", HOST: "example.com", EMPTY: "" };

Deno.test("references are replaced in everything that reaching a server takes, and nothing else is", () => {
  assert.deepEqual(resolveServer(server, environment), {
    ...server,
    command: "/bin/run",
    args: ["--token=t0k3n", "$HOME", "${X}", "${HOME:-x}"],
    working_dir: "/bin",
    url: "https://example.com/x",
    env: { TOKEN: "t0k3n", BOTH: "t0k3n-/bin" },
    headers: { Authorization: "Bearer t0k3n" },
  });
  assert.equal(server.command, "${env:BIN}/run");
});

Deno.test("what was put in is not looked at again", () => {
  const nested = { A: "${env:B}$&$1", B: "b" };
  assert.equal(expandReferences("x${env:A}y", "url", nested), "x${env:B}$&$1y");
});

Deno.test("a variable that is not set, or empty, is named with the field", () => {
  const table: [Partial<ServerConfig>, string][] = [
    [{ command: "${env:GONE}" }, "command"],
    [{ args: ["a", "${env:GONE}"] }, "args[1]"],
    [{ working_dir: "${env:GONE}" }, "working_dir"],
    [{ env: { A: "${env:GONE}" } }, "env.A"],
    [{ url: "${env:GONE}" }, "url"],
    [{ headers: { H: "${env:GONE}" } }, "headers.H"],
  ];
  for (const [fields, field] of table) {
    assert.throws(() => resolveServer({ ...server, ...fields }, environment), {
      name: "ConfigError",
      message: `server "files": ${field} asks for the environment variable GONE, which is not set`,
    });
  }
  assert.throws(() => expandReferences("${env:EMPTY}", "url", environment), /EMPTY/);
  assert.throws(() => expandReferences("${env:toString}", "url", environment), /toString/);
  assert.throws(() => expandReferences("${env:__proto__}", "url", environment), /__proto__/);
});

Deno.test("the keyring is refused with a way out", () => {
  assert.throws(() => expandReferences("${keyring:github}", "headers.X", environment), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /headers\.X asks for \$\{keyring:github\}, but the keyring is not/);
    assert.match(error.next!, /\$\{env:NAME\}/);
    return true;
  });
});
