import assert from "node:assert/strict";
import { LogRing } from "../../lib/upstream/log_ring.ts";
import { plainLine } from "../../lib/upstream/plain_text.ts";

const asIs = (text: string) => text;

Deno.test("log: ANSI sequences, control characters and turned writing are taken out", () => {
  const line =
    "\u001b[31mred\u001b[0m \u001b]8;;http://x\u0007link\u001b]8;;\u0007 a\u0008b\tc\u202eevil\u2066\r";
  assert.equal(plainLine(line, 100, asIs), "red link a b c evil");
});

Deno.test("log: a cut does not leave half a secret", () => {
  const redact = (text: string) => text.replaceAll("SECRETSECRET", "***");
  assert.equal(plainLine("1234567 SECRETSECRET", 12, redact), "1234567 ***");
});

Deno.test("log: bounded in lines, in characters and in the length of a line", () => {
  const log = new LogRing();
  for (let i = 0; i < 5_000; i++) log.add("stderr", `line ${i}`);
  assert.equal(log.tail(100_000).length, 1_000);
  assert.match(log.tail(1)[0]!, /^\d{4}-\d\d-\d\dT[\d:.]+Z stderr: line 4999$/);
  for (let i = 0; i < 1_000; i++) log.add("stderr", "z".repeat(100_000));
  const lines = log.tail(100_000);
  assert(lines.every((line) => line.length < 2_100));
  assert(lines.join("").length <= 256 * 1024);
});

Deno.test("log: a limit below one gives nothing", () => {
  const log = new LogRing();
  log.add("mcpproxy", "ready");
  assert.deepEqual([log.tail(0), log.tail(-1), log.tail(0.5)], [[], [], []]);
  assert.equal(log.tail(1.9).length, 1);
});

Deno.test("log: remarks that a server provokes do not push everything else out", () => {
  const log = new LogRing();
  log.add("stderr", "the one that matters");
  for (let i = 0; i < 10_000; i++) log.remark(`nonsense ${i}`);
  assert.equal(log.tail(100).length, 21);
  assert.match(log.tail(100)[0]!, /matters$/);
  assert.match(log.tail(1)[0]!, /left out\)$/);
});
