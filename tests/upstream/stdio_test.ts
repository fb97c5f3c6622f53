import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  callText,
  fixtureServer,
  realServer,
  serverConfig,
  until,
  untilState,
  withUpstreams,
} from "./helper.ts";

const modernServer = serverConfig({
  name: "modern",
  command: Deno.execPath(),
  args: [
    ...["run", "-A", "--no-check"],
    fileURLToPath(new URL("./fixtures/modern_server.ts", import.meta.url)),
  ],
});

Deno.test("stdio: real servers connect, list their tools and answer", async () => {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  await withUpstreams(async (upstreams) => {
    await Deno.writeTextFile(join(folder, "note.txt"), "from a file");
    upstreams.apply([
      realServer("everything", "stdio"),
      realServer("filesystem", folder),
      { ...realServer("memory"), env: { MEMORY_FILE_PATH: join(folder, "memory.jsonl") } },
    ]);
    for (const { name } of upstreams.list()) await untilState(upstreams, name, "ready");
    for (const { pid, era, protocol, server_info, tool_count } of upstreams.list()) {
      assert(pid! > 1 && tool_count >= 8);
      assert.deepEqual([era, protocol, typeof server_info?.name], ["legacy", "stdio", "string"]);
    }
    assert.equal(
      await callText(upstreams, "everything", "get-sum", { a: 2, b: 3 }),
      "The sum of 2 and 3 is 5.",
    );
    const path = join(folder, "note.txt");
    assert.equal(
      await callText(upstreams, "filesystem", "read_text_file", { path }),
      "from a file",
    );
    await upstreams.callTool("memory", "create_entities", {
      entities: [{ name: "Deno", entityType: "runtime", observations: ["starts fast"] }],
    });
    const graph = await upstreams.callTool("memory", "read_graph", {});
    assert.match(JSON.stringify(graph.structuredContent), /starts fast/);
  });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("stdio: a server of 2026-07-28, with changes of its tools", async () => {
  await withUpstreams(async (upstreams) => {
    upstreams.apply([modernServer]);
    await untilState(upstreams, "modern", "ready");
    const { era, server_info } = upstreams.get("modern")!;
    assert.deepEqual([era, server_info], ["modern", { name: "modern", version: "1.2.3" }]);
    await until(async () => {
      await callText(upstreams, "modern", "more"); // the first ones may come before we are told of changes
      return upstreams.tools("modern").length > 1;
    }, "the change is seen");
  }, { healthCheckInterval: 100 });
});

Deno.test("stdio: the question for the era harms no server of 2025, and is put only once", async () => {
  await withUpstreams(async (upstreams) => {
    const modes = ["ends_on_probe", "ignores_unknown", "plain"];
    upstreams.apply([...modes, "mute_before_initialize"].map((mode) => fixtureServer(mode)));
    for (const mode of modes) await untilState(upstreams, mode, "ready");
    // One that says nothing at all before the handshake may just be slow: it alone is waited for.
    assert.equal(upstreams.get("mute_before_initialize")?.state, "connecting");
    for (const mode of modes) {
      const { pid, era } = upstreams.get(mode)!;
      assert.equal(era, "legacy");
      Deno.kill(pid!, "SIGKILL");
      await until(() => ![pid, null].includes(upstreams.get(mode)!.pid), `${mode} is back`);
      const asked = upstreams.logs(mode, 100).filter((line) =>
        line.endsWith("stderr: asked for its era")
      );
      assert.equal(asked.length, 1, mode);
    }
    await untilState(upstreams, "mute_before_initialize", "ready");
  });
});

Deno.test("stdio: environment and working directory are what the config says", async () => {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  const base = {
    ...Deno.env.toObject(),
    MCPPROXY_API_KEY: "never",
    SOME_TOKEN: "never",
    LANG: "C",
  };
  await withUpstreams(
    async (upstreams) => {
      upstreams.apply([
        fixtureServer("plain", { working_dir: folder, env: { GIVEN: "by config", LANG: "de" } }),
        // A shell would lose such a variable.
        fixtureServer("plain", { name: "odd", env: { "odd.name": "kept" } }),
        fixtureServer("plain", { name: "nowhere", working_dir: join(folder, "gone") }),
      ]);
      await untilState(upstreams, "plain", "ready");
      const { environment, directory, pid } = JSON.parse(
        await callText(upstreams, "plain", "environment"),
      );
      assert.equal(directory, folder);
      assert.equal(pid, upstreams.get("plain")?.pid);
      assert.deepEqual([environment.GIVEN, environment.LANG], ["by config", "de"]);
      assert.equal(environment.HOME, Deno.env.get("HOME"));
      assert.deepEqual([environment.MCPPROXY_API_KEY, environment.SOME_TOKEN], [
        undefined,
        undefined,
      ]);
      await untilState(upstreams, "odd", "ready");
      const odd = JSON.parse(await callText(upstreams, "odd", "environment"));
      assert.deepEqual([odd.environment["odd.name"], odd.pid], ["kept", upstreams.get("odd")?.pid]);
      await untilState(upstreams, "nowhere", "error");
      assert.match(upstreams.get("nowhere")!.last_error!, /gone is missing.*`working_dir`/);
    },
    {},
    { childEnvironment: base },
  );
  await Deno.remove(folder, { recursive: true });
});
