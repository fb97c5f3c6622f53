import assert from "node:assert/strict";
import { ProtocolError } from "@modelcontextprotocol/client";
import { ToolCallError, UpstreamNotReadyError } from "../../lib/upstream/errors.ts";
import {
  callText,
  fixtureServer,
  quietSettings,
  serverConfig,
  until,
  untilState,
  withUpstreams,
} from "./helper.ts";

Deno.test("calls: results and errors pass through whole", async () => {
  await withUpstreams(async (upstreams) => {
    upstreams.apply([fixtureServer("plain")]);
    await untilState(upstreams, "plain", "ready");

    assert.equal(
      await callText(upstreams, "plain", "echo", { a: [1, { b: null }] }),
      '{"a":[1,{"b":null}]}',
    );
    // Neither the output schema nor an unknown kind of content or field is held against it.
    assert.deepEqual(await upstreams.callTool("plain", "whole", {}), {
      content: [
        { type: "image", data: "aGk=", mimeType: "image/png", extra: 1 },
        { type: "hologram", depth: 3 },
      ],
      structuredContent: { not: "what the schema says" },
      isError: true,
      _meta: { "example.com/x": [1] },
      other: "kept",
    });
    await assert.rejects(upstreams.callTool("plain", "refuse", {}), (error: ProtocolError) => {
      assert(error instanceof ProtocolError);
      assert.deepEqual(
        [error.code, error.message, error.data],
        [-32099, "no, thanks", { because: ["a", 1] }],
      );
      return true;
    });
    assert.equal(
      (await callText(upstreams, "plain", "huge", { size: 8_000_000 })).length,
      8_000_000,
    );
  });
});

Deno.test("calls: what a server asks of its client is refused, not left hanging", async () => {
  await withUpstreams(async (upstreams) => {
    upstreams.apply([fixtureServer("plain")]);
    await untilState(upstreams, "plain", "ready");
    assert.deepEqual(JSON.parse(await callText(upstreams, "plain", "ask")), [
      { id: "ask sampling/createMessage", error: -32601 },
      { id: "ask elicitation/create", error: -32601 },
      { id: "ask roots/list", error: -32601 },
    ]);
  });
});

Deno.test("calls: an abort rejects with its reason and is told to the server", async () => {
  await withUpstreams(async (upstreams) => {
    upstreams.apply([fixtureServer("plain")]);
    await untilState(upstreams, "plain", "ready");
    const controller = new AbortController();
    const call = upstreams.callTool("plain", "wait", {}, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error("changed my mind")), 50);
    await assert.rejects(call, /^Error: changed my mind$/);
    await until(
      async () => await callText(upstreams, "plain", "cancelled") !== "[]",
      "the server is told",
    );
    await assert.rejects(
      upstreams.callTool("plain", "wait", {}, { signal: AbortSignal.abort(new Error("before")) }),
      /^Error: before$/,
    );
  });
});

Deno.test("calls: the limit is one without progress, and names server and tool", async () => {
  await withUpstreams(async (upstreams) => {
    upstreams.apply([fixtureServer("plain")]);
    await untilState(upstreams, "plain", "ready");
    await assert.rejects(upstreams.callTool("plain", "wait", {}), (error: ToolCallError) => {
      assert(error instanceof ToolCallError);
      assert.equal(error.message, 'Tool "wait" of server "plain" did not answer within 0.4 s.');
      assert.match(error.next!, /call_tool_timeout/);
      return true;
    });
    const seen: number[] = [];
    const onprogress = ({ progress }: { progress: number }) => void seen.push(progress);
    const result = await upstreams.callTool("plain", "progress", {}, { onprogress }); // takes 0.6 s
    assert.deepEqual([seen, result.content], [[1, 2, 3, 4, 5], [{ type: "text", text: "done" }]]);
    assert.equal(upstreams.get("plain")?.state, "ready");
  }, { ...quietSettings, callToolTimeout: 400 });
});

Deno.test("calls: a server that is not ready is refused at once, with what to do", async () => {
  await withUpstreams(async (upstreams) => {
    upstreams.apply([
      fixtureServer("silent"),
      fixtureServer("plain", { name: "off", enabled: false }),
      serverConfig({ name: "broken", command: "no-such-command-anywhere" }),
    ]);
    await untilState(upstreams, "broken", "error");
    const refusal = async (name: string): Promise<string> => {
      const began = performance.now();
      const error = await upstreams.callTool(name, "x", {}).then(() => null, (thrown) => thrown);
      assert(error instanceof UpstreamNotReadyError);
      assert(performance.now() - began < 1_000);
      return error.message;
    };
    assert.match(await refusal("silent"), /not ready \(connecting\).*Call again in a moment/);
    assert.match(await refusal("off"), /not ready \(disabled\).*Enable "off"/);
    assert.match(
      await refusal("broken"),
      /\(error\).*"no-such-command-anywhere".*tried again in \d+ s/,
    );
    assert.match(await refusal("nobody"), /no server "nobody".*silent, off, broken/);
  });
});

Deno.test("calls: the config's filters hold for lists and for calls", async () => {
  await withUpstreams(async (upstreams) => {
    upstreams.apply([
      fixtureServer("plain", { name: "some", enabled_tools: ["echo", "ask"] }),
      fixtureServer("plain", { name: "most", disabled_tools: ["echo"] }),
    ]);
    await untilState(upstreams, "some", "ready");
    await untilState(upstreams, "most", "ready");
    const names = (server: string) => upstreams.tools(server).map(({ name }) => name);
    assert.deepEqual(names("some"), ["echo", "ask"]);
    assert.equal(names("most").includes("echo"), false);
    assert.equal(upstreams.get("most")?.tool_count, 9);
    await assert.rejects(upstreams.callTool("most", "echo", {}), /switched off in the config/);
    await assert.rejects(
      upstreams.callTool("some", "huge", { size: 1 }),
      /switched off in the config/,
    );
  });
});

Deno.test("calls: those under way when the server goes are rejected at once", async () => {
  await withUpstreams(async (upstreams) => {
    upstreams.apply([fixtureServer("plain")]);
    await untilState(upstreams, "plain", "ready");
    const waiting = assert.rejects(
      upstreams.callTool("plain", "wait", {}),
      /connection to the server was lost/,
    );
    await assert.rejects(upstreams.callTool("plain", "crash", {}), ToolCallError);
    await waiting;
    await until(() => upstreams.get("plain")?.last_error !== null, "the loss is noticed");
    assert.match(upstreams.get("plain")!.last_error!, /exit code 7/);
    await untilState(upstreams, "plain", "ready"); // and it comes back by itself
    assert.equal(upstreams.get("plain")?.last_error, null);
    assert.equal(upstreams.get("plain")?.retry_count, 1); // not forgotten before it has proved steady
  });
});
