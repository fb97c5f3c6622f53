/** Which of the lines that a core leaves behind is shown to a person. */
import assert from "node:assert/strict";
import { CoreOutput } from "../../lib/launch/core_output.ts";

async function problemIn(text: string | Uint8Array<ArrayBuffer>): Promise<string | null> {
  const output = new CoreOutput(new Blob([text]).stream());
  await output.ended;
  return output.problem((line) => line.replaceAll("s3cr3t", "[redacted]"));
}

const log = (level: string, text: string) => `2026-11-22T11:55:37.324Z [${level}] core: ${text}`;

Deno.test("go fault 24: the reason is shown, without time, level and colours, and not what the log said last", async () => {
  const shown = [
    log("INF", "ready: tcp 127.0.0.1:8080"),
    "mcpproxy: Port 8080 of 127.0.0.1 is already in use",
    "Stop the other program, or choose another port with --listen.",
    log("INF", "bye"),
  ].join("\n");
  assert.equal(await problemIn(shown), "Port 8080 of 127.0.0.1 is already in use");
  const crash = [
    log("ERR", "an older error"),
    "\x1b[1m\x1b[31merror\x1b[0m: Uncaught (in promise) Error: out of paper",
    "    at file:///src/lib/core.ts:1:1",
  ].join("\n");
  assert.equal(await problemIn(crash), "Error: out of paper\nan older error");
  assert.equal(await problemIn(`${log("ERR", "no ink")}\n${log("INF", "bye")}\n`), "no ink");
  // Of one that was killed, the log tells only that it was well.
  assert.equal(await problemIn(`${log("INF", "ready")}\n${log("WRN", "slow")}\n`), null);
  assert.equal(await problemIn("Segmentation fault\n    at nowhere\n\n"), "Segmentation fault");
  assert.equal(await problemIn(""), null);
});

Deno.test("where the core did not show an error, its last useful lines are told, the telling one first", async () => {
  const lines = [
    log("WRN", "the first of many"),
    log("ERR", "no ink in s3cr3t"),
    log("WRN", "the paper is wet"),
    log("INF", "all is well otherwise"),
    log("WRN", "the paper is wet"),
    "thread 'main' panicked",
    "    at nowhere",
    log("INF", "bye"),
  ].join("\n");
  assert.equal(
    await problemIn(lines),
    "no ink in [redacted]\nthe paper is wet\nthread 'main' panicked",
  );
});

Deno.test("secrets, control characters and endless lines do not get through", async () => {
  assert.equal(await problemIn("mcpproxy: key s3cr3t is wrong"), "key [redacted] is wrong");
  assert.equal(await problemIn("mcpproxy: a\x07b\u202ec\x1b[2Jd"), "a b cd");
  const long = await problemIn(`mcpproxy: ${"x".repeat(290)}s3cr3t${"y".repeat(100_000)}`);
  assert.equal(long!.length, 300);
  assert(!long!.includes("s3"));
  const flood = `mcpproxy: lost\n${"noise\n".repeat(10_000)}`;
  assert.equal(await problemIn(flood), "noise");
  assert.match((await problemIn(new Uint8Array([0xff, 0xfe, 0x0a])))!, /\ufffd/);
});
