import assert from "node:assert/strict";
import { createMessageMeter } from "../../lib/upstream/message_meter.ts";

const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

/** Measures a body that comes in chunks of a size. @throws what the meter throws */
function measure(isStream: boolean, text: string, chunkSize = 7): void {
  const take = createMessageMeter(isStream);
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += chunkSize) take(bytes.subarray(at, at + chunkSize));
}

const tooDeep = /a message nested deeper than 512 levels and was cut off/;

Deno.test("a JSON body is cut off beyond 512 levels, wherever its chunks end", () => {
  for (const chunkSize of [1, 7, 100_000]) {
    measure(false, nested(512), chunkSize);
    assert.throws(() => measure(false, nested(513), chunkSize), tooDeep);
    measure(false, `["${nested(600)}", "\\"${nested(600)}", "\\\\"]`, chunkSize);
    assert.throws(() => measure(false, `["\\\\",${nested(513)}]`, chunkSize), tooDeep);
  }
});

Deno.test("in an event stream each event is measured by itself", () => {
  measure(true, `data: ${"[".repeat(300)}\n\n`.repeat(5));
  measure(true, `event: message\r\ndata: ${nested(512)}\r\n\r\n`.repeat(3));
  assert.throws(() => measure(true, `id: 1\ndata: ${nested(513)}\n\n`), tooDeep);
  // One message over several lines.
  const lines = `data:${"[".repeat(300)}\ndata:${"[".repeat(300)}\n\n`;
  assert.throws(() => measure(true, lines), tooDeep);
});

Deno.test("nothing that is no data hides how deep an event is", () => {
  const half = `data:${"[".repeat(300)}\n`;
  for (const line of [':"', `:${"]".repeat(300)}`, `datax:${"]".repeat(300)}`, '"', 'data:"']) {
    assert.throws(() => measure(true, `${half}${line}\n${half}\n`), tooDeep, line);
  }
  assert.throws(() => measure(true, `data:${"]".repeat(600)}\r\r${half}${half}\n`), tooDeep);
  measure(true, `:${"[".repeat(600)}\nevent: ${"[".repeat(600)}\ndata: {}\n\n`);
});

Deno.test("a message of more than 16 MB is cut off, many shorter ones are not", () => {
  const event = `data: "${"x".repeat(1024 * 1024)}"\n\n`;
  measure(true, event.repeat(20), 65_536);
  assert.throws(() => measure(false, event.repeat(17), 65_536), /of more than 16 MB/);
  assert.throws(() => measure(true, event.replaceAll("\n", "").repeat(17), 65_536), /16 MB/);
});
