import assert from "node:assert/strict";
import { type AddOptions, newServer } from "../../lib/cli/upstream_add.ts";
import { ExitCode, UserError } from "../../lib/errors.ts";

const server = (words: string[], options: AddOptions = {}, environment = {}) =>
  newServer("x", words, options, "/work", environment);

Deno.test("a command and its arguments become a stdio server", () => {
  assert.deepEqual(server(["npx", "-y", "pkg"]), {
    ...{ name: "x", command: "npx", args: ["-y", "pkg"], enabled: true, protocol: "stdio" },
  });
  const { command, working_dir, env, enabled } = server(["./server", "../x"], {
    ...{ workingDir: "sub", env: ["A=1", "B=c=d", "EMPTY=", "HERE"], disabled: true },
  }, { HERE: "value" });
  assert.deepEqual([command, working_dir, enabled], ["/work/server", "/work/sub", false]);
  assert.deepEqual(env, { A: "1", B: "c=d", EMPTY: "", HERE: "value" });
  assert.equal(server(["tools/run"]).command, "tools/run", "that is for PATH or the core to find");
});

Deno.test("a URL becomes a server that is reached over HTTP, with its headers", () => {
  const url = "https://example.com/mcp";
  assert.deepEqual(server([], { url, transport: "sse", header: ["A: b: c ", "X-Y:z"] }), {
    ...{ name: "x", url, enabled: true, protocol: "sse", headers: { "A": "b: c", "X-Y": "z" } },
  });
  assert.equal(server([], { url }).protocol, "auto");
});

Deno.test("what does not fit is refused with exit code 4, without the value", () => {
  const url = "https://example.com/mcp";
  const wrong: [words: string[], options: AddOptions][] = [
    [[], {}],
    [["npx"], { url }],
    [["npx"], { transport: "http" }],
    [["npx"], { header: ["A: hunter2"] }],
    [["npx"], { env: ["=hunter2"] }],
    [["npx"], { env: ["MISSING"] }],
    [[], { url, env: ["A=hunter2"] }],
    [[], { url, workingDir: "/" }],
    [[], { url, header: ["hunter2"] }],
    [[], { url, header: ["A B: hunter2"] }],
    [[], { url, header: ["A: b\nC: hunter2"] }],
  ];
  for (const [words, options] of wrong) {
    assert.throws(() => server(words, options), (error) => {
      assert(error instanceof UserError, JSON.stringify(options));
      assert.equal(error.exitCode, ExitCode.configuration);
      assert(error.next && !`${error.message}${error.next}`.includes("hunter2"));
      return true;
    });
  }
});
