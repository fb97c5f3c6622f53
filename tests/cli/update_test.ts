/** `mcpproxy update --check`, against a server that stands for the releases. */
import assert from "node:assert/strict";
import { version } from "../../lib/version.ts";
import { type Finished, Sandbox } from "../support/sandbox.ts";

/** Runs it while a server gives an answer to everything. */
async function check(
  answer: () => Response,
  args: readonly string[] = [],
): Promise<Finished & { asked: string[] }> {
  const asked: string[] = [];
  await using sandbox = await Sandbox.create();
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    ({ url }) => {
      asked.push(new URL(url).pathname);
      return answer();
    },
  );
  const releases = `http://127.0.0.1:${server.addr.port}/somewhere/releases/`;
  const finished = await sandbox.run(["update", "--check", ...args], {
    MCPPROXY_RELEASES_URL: releases,
  });
  assert.deepEqual([...Deno.readDirSync(sandbox.home)], [], "and nothing is made");
  return { ...finished, asked };
}

Deno.test("update --check tells of a newer version, and what to run", async () => {
  const { code, stdout, asked } = await check(() => new Response("99.0.0\n"));
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^mcpproxy 99\.0\.0 is out; this is .*\n.*releases\/latest\/download\/install\./,
  );
  assert.deepEqual(
    asked,
    ["/somewhere/releases/latest/download/VERSION"],
    "one question, nothing fetched",
  );
});

Deno.test("update --check tells that this is the latest, also to programs", async () => {
  const same = await check(() => new Response(version));
  assert.equal(same.code, 0);
  assert.match(same.stdout, /is the latest/);
  const { stdout } = await check(() => new Response("0.0.1"), ["--json"]);
  assert.deepEqual(JSON.parse(stdout), { version, latest: "0.0.1", newer: false, install: null });
});

Deno.test("update --check believes no answer that is no version, and shows none of it", async () => {
  const hostile = ["\x1b[31m1.0.0", "1.0.0\nrm -rf", "<html>", "", "9".repeat(1_000_000)];
  for (const text of hostile) {
    const { code, stdout, stderr } = await check(() => new Response(text));
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /holds no version/);
    assert(!stderr.includes("\x1b"), stderr);
  }
  const { stderr } = await check(() => new Response("gone", { status: 404 }));
  assert.match(stderr, /No answer .*: status 404/);
});

Deno.test("update --check gives up after five seconds, and says that nobody answers", async () => {
  const never = Promise.withResolvers<never>();
  const silent = new ReadableStream({ pull: () => never.promise });
  const { code, stderr } = await check(() => new Response(silent));
  assert.equal(code, 1);
  assert.match(stderr, /No answer .*: nothing in 5 seconds/);

  await using sandbox = await Sandbox.create();
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr;
  listener.close();
  const nobody = await sandbox.run(["update", "--check"], {
    MCPPROXY_RELEASES_URL: `http://127.0.0.1:${port}`,
  });
  assert.equal(nobody.code, 1);
  assert.match(nobody.stderr, /No answer from 127\.0\.0\.1.*Are you online\?/s);
});

Deno.test("update asks nobody over plain HTTP, nor without an address", async () => {
  await using sandbox = await Sandbox.create();
  const plain = await sandbox.run(["update", "--check"], {
    MCPPROXY_RELEASES_URL: "http://192.0.2.1",
  });
  assert.equal(plain.code, 4);
  assert.match(plain.stderr, /no https address/);
  const none = await sandbox.run(["update", "--check"]);
  assert.equal(none.code, 1);
  assert.match(none.stderr, /without the address of its releases/);
  assert.equal((await sandbox.run(["update"])).code, 4, "it wants --check");
});
