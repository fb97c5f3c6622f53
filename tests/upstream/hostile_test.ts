import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { callText, fixtureServer, isRunning, until, untilState, withUpstreams } from "./helper.ts";

Deno.test("hostile: one that never answers fails by its init_timeout", async () => {
  await withUpstreams(async (upstreams) => {
    upstreams.apply([fixtureServer("silent", { init_timeout: 700 })]);
    await untilState(upstreams, "silent", "error");
    assert.equal(upstreams.get("silent")?.last_error, "not ready within 0.7 s");
  });
});

Deno.test("hostile: one that ends at once is reported with its last words", async () => {
  await withUpstreams(async (upstreams) => {
    upstreams.apply([fixtureServer("ends")]);
    await untilState(upstreams, "ends", "error");
    const { last_error, retry_count, next_retry_at } = upstreams.get("ends")!;
    assert.equal(
      last_error,
      "the process ended with exit code 3; its last words: cannot find the moon",
    );
    assert.equal(retry_count, 1);
    assert(next_retry_at !== null);
    assert.match(upstreams.logs("ends", 10).join("\n"), /stderr: cannot find the moon/);
  });
});

Deno.test("hostile: one that floods its output without a line end is cut off", async () => {
  await withUpstreams(async (upstreams) => {
    upstreams.apply([fixtureServer("flood_stdout")]);
    await until(() => /cut off/.test(upstreams.get("flood_stdout")?.last_error ?? ""), "cut off");
    assert.match(upstreams.get("flood_stdout")!.last_error!, /message of more than 16 MB/);
  });
});

Deno.test("hostile: one that answers with millions of brackets is cut off before they hold anybody up", async () => {
  await withUpstreams(async (upstreams) => {
    upstreams.apply([fixtureServer("plain")]);
    await untilState(upstreams, "plain", "ready");
    const { structuredContent } = await upstreams.callTool("plain", "deep", { levels: 500 });
    assert.equal(
      JSON.stringify(structuredContent),
      `{"deep":${"[".repeat(500)}${"]".repeat(500)}}`,
    );
    // Just under what the length of a message allows; parsed and written on, it takes longer than a client waits.
    await assert.rejects(
      upstreams.callTool("plain", "deep", { levels: 7_900_000 }),
      /could not be called: the connection to the server was lost/,
    );
    await until(
      () => /nested deeper than 512 levels/.test(upstreams.logs("plain", 20).join("\n")),
      "it is said why",
    );
    // Like any other that is lost, it is started anew.
    await untilState(upstreams, "plain", "ready");
  });
});

Deno.test("hostile: floods of one server do not slow another, nor fill the memory", async () => {
  await withUpstreams(async (upstreams) => {
    upstreams.apply([
      fixtureServer("plain"),
      fixtureServer("flood_stderr"),
      fixtureServer("flood_changed"),
    ]);
    for (const name of ["plain", "flood_stderr", "flood_changed"]) {
      await untilState(upstreams, name, "ready");
    }
    const before = Deno.memoryUsage().rss;
    const times: number[] = [];
    const end = performance.now() + 1_500;
    while (performance.now() < end) {
      const began = performance.now();
      await callText(upstreams, "plain", "echo");
      times.push(performance.now() - began);
    }
    times.sort((one, other) => one - other);
    assert(
      times[Math.floor(times.length / 2)]! < 100,
      `median ${times[Math.floor(times.length / 2)]} ms`,
    );
    assert(Deno.memoryUsage().rss - before < 150 * 1024 * 1024);
    const lines = upstreams.logs("flood_stderr", 100_000);
    assert(lines.length <= 1_000);
    assert.match(lines.at(-1)!, /stderr: noise y+$/);
    // It counts how often it was asked for its tools: not once for each of the many thousands of notices.
    const [tool] = upstreams.tools("flood_changed");
    assert(Number(tool!.name.slice("lists_".length)) <= 3, tool!.name);
  });
});

Deno.test("hostile: a list of tools without end is cut off", async () => {
  await withUpstreams(async (upstreams) => {
    upstreams.apply([fixtureServer("endless_pages")]);
    await untilState(upstreams, "endless_pages", "ready");
    assert.equal(upstreams.tools("endless_pages").length, 100);
    assert.match(
      upstreams.logs("endless_pages", 10).join("\n"),
      /does not end; only the first 100 pages/,
    );
  });
});

Deno.test("hostile: malformed tools are mended or left out, one by one", async () => {
  await withUpstreams(async (upstreams) => {
    upstreams.apply([fixtureServer("malformed")]);
    await untilState(upstreams, "malformed", "ready");
    assert.deepEqual(upstreams.tools("malformed"), [
      { name: "good", description: "fine", inputSchema: { type: "object", properties: {} } },
      { name: "no_schema", inputSchema: { type: "object" } },
      { name: "odd", inputSchema: { type: "object", properties: {} } },
    ]);
    const log = upstreams.logs("malformed", 100).join("\n");
    for (
      const reason of ["no name", "1000 characters", "control", "list has an input schema", "giant"]
    ) {
      assert(log.includes(reason), reason);
    }
  });
});

Deno.test("hostile: garbage on standard output and answers nobody asked for are passed over", async () => {
  await withUpstreams(async (upstreams) => {
    upstreams.apply([fixtureServer("garbage"), fixtureServer("wrong_ids")]);
    await untilState(upstreams, "garbage", "ready");
    await untilState(upstreams, "wrong_ids", "ready");
    assert.equal(await callText(upstreams, "garbage", "echo"), "{}");
    assert.equal(upstreams.tools("wrong_ids").length, 10);
    const log = upstreams.logs("garbage", 100).join("\n");
    assert.match(log, /not JSON-RPC on its standard output: Loading plugins…/);
    assert.match(log, /standard output: {not json}/);
  });
});

Deno.test("hostile: what a server does not read is not kept without bound", async () => {
  await withUpstreams(async (upstreams) => {
    upstreams.apply([fixtureServer("deaf")]);
    await untilState(upstreams, "deaf", "ready");
    const blob = "x".repeat(6 * 1024 * 1024);
    const calls = [1, 2, 3, 4].map((turn) =>
      upstreams.callTool("deaf", "echo", { blob, turn }).then(() => "", (error) => error.message)
    );
    // Two fit in; what is behind them is refused at once.
    const refused = await Promise.all(calls.slice(2));
    for (const message of refused) assert.match(message, /does not read its input/);
    await upstreams.stop();
    for (const message of await Promise.all(calls)) assert.notEqual(message, "");
  });
});

Deno.test("hostile: a result over the limit costs the connection, and no more than that", async () => {
  await withUpstreams(async (upstreams) => {
    upstreams.apply([fixtureServer("plain")]);
    await untilState(upstreams, "plain", "ready");
    await assert.rejects(
      upstreams.callTool("plain", "huge", { size: 17 * 1024 * 1024 }),
      /connection to the server was lost/,
    );
    await until(() => upstreams.get("plain")?.state === "ready", "ready again");
  });
});

Deno.test("hostile: one that stops answering pings is connected to anew, unless it is busy", async () => {
  await withUpstreams(async (upstreams) => {
    upstreams.apply([
      fixtureServer("deaf_to_ping"),
      fixtureServer("deaf_to_ping", { name: "busy" }),
    ]);
    await untilState(upstreams, "busy", "ready");
    const long = upstreams.callTool("busy", "wait", {});
    const called = performance.now();
    long.catch(() => {});
    await until(
      () => /3 checks in a row/.test(upstreams.get("deaf_to_ping")?.last_error ?? ""),
      "lost",
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(upstreams.get("busy")?.state, "ready");
    // At that moment the checks that failed meanwhile count, too; either may be first.
    await assert.rejects(long, /did not answer within 1.5 s|connection to the server was lost/);
    assert(performance.now() - called > 1_400);
    await until(() => upstreams.get("busy")?.last_error !== null, "no longer busy, so lost, too");
  }, { healthCheckInterval: 100, callToolTimeout: 1_500 });
});

Deno.test("hostile: one that answers pings stays, and so does one that refuses them", async () => {
  await withUpstreams(async (upstreams) => {
    upstreams.apply([fixtureServer("plain"), fixtureServer("ignores_unknown")]);
    await untilState(upstreams, "plain", "ready");
    await untilState(upstreams, "ignores_unknown", "ready");
    const before = upstreams.list().map(({ since, pid }) => ({ since, pid }));
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert(isDeepStrictEqual(upstreams.list().map(({ since, pid }) => ({ since, pid })), before));
  }, { healthCheckInterval: 50 });
});

Deno.test("hostile: one that ignores SIGTERM and one whose child stays are gone within 4 s", async () => {
  await withUpstreams(async (upstreams) => {
    upstreams.apply([fixtureServer("ignores_term"), fixtureServer("grandchild")]);
    await untilState(upstreams, "ignores_term", "ready");
    await untilState(upstreams, "grandchild", "ready");
    const groups = upstreams.list().map(({ pid }) => pid!);
    const members = processesOf(groups);
    assert(members.length >= 3, `${members}`);
    const began = performance.now();
    await upstreams.stop();
    assert(performance.now() - began < 4_500);
    await until(() => !members.some(isRunning), "all are gone", 1_000);
  });
});

Deno.test("hostile: what a server leaves behind when it ends by itself is ended, too", async () => {
  await withUpstreams(async (upstreams) => {
    upstreams.apply([fixtureServer("grandchild")]);
    await untilState(upstreams, "grandchild", "ready");
    const members = processesOf([upstreams.get("grandchild")!.pid!]);
    assert(members.length >= 2, `${members}`);
    await assert.rejects(upstreams.callTool("grandchild", "crash", {}));
    await until(() => !members.some(isRunning), "all are gone");
  });
});

Deno.test("hostile: secrets do not get into logs and errors", async () => {
  await withUpstreams(
    async (upstreams) => {
      const env = { SERVICE_TOKEN: "${env:TOKEN}" };
      upstreams.apply([fixtureServer("secretive", { env }, "--plain")]);
      await untilState(upstreams, "secretive", "ready");
      await until(
        () => upstreams.logs("secretive", 9).some((line) => line.includes("using")),
        "logged",
      );
      assert.match(upstreams.logs("secretive", 9).join("\n"), /using \*\*\* and --plain$/m);
    },
    {},
    { expand: (server) => ({ ...server, env: { SERVICE_TOKEN: "very-secret-token" } }) },
  );
});

/** The processes of some groups, by ps. */
function processesOf(groups: readonly number[]): number[] {
  const { stdout } = new Deno.Command("ps", { args: ["-A", "-o", "pid=,pgid="] }).outputSync();
  return new TextDecoder().decode(stdout).trim().split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, group]) => groups.includes(group!))
    .map(([pid]) => pid!);
}
