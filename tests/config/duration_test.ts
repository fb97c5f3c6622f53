import assert from "node:assert/strict";
import fc from "fast-check";
import { parseDuration } from "../../lib/config/duration.ts";

Deno.test("durations by Go's grammar", () => {
  const table: [string, number | undefined][] = [
    ["2m", 120_000],
    ["2m0s", 120_000],
    ["1m30s", 90_000],
    ["1h2m3s4ms", 3_723_004],
    ["500ms", 500],
    ["1.5h", 5_400_000],
    [".5s", 500],
    ["1.s", 1_000],
    ["1500us", 1.5],
    ["1500µs", 1.5],
    ["1500μs", 1.5],
    ["0", 0],
    ["0s", 0],
    ["-5s", -5_000],
    ["+5s", 5_000],
    ["1000000h", 2 ** 31 - 1],
    ["", undefined],
    ["5", undefined],
    ["s", undefined],
    [".s", undefined],
    ["5 s", undefined],
    ["5d", undefined],
    ["5S", undefined],
    ["1m 30s", undefined],
    ["--5s", undefined],
    ["5s\n", undefined],
    ["1e3s", undefined],
  ];
  for (const [text, expected] of table) assert.equal(parseDuration(text), expected, text);
});

Deno.test("durations: any text gives a number of milliseconds that a timer can wait, or nothing", () => {
  const unit = fc.constantFrom("ns", "us", "ms", "s", "m", "h");
  const duration = fc.array(fc.tuple(fc.nat(), unit), { minLength: 1, maxLength: 4 });
  fc.assert(fc.property(duration, (parts) => {
    const parsed = parseDuration(parts.flat().join(""));
    return parsed !== undefined && parsed >= 0 && parsed < 2 ** 31;
  }));
  fc.assert(fc.property(fc.string(), (text) => {
    const parsed = parseDuration(text);
    return parsed === undefined || Number.isFinite(parsed);
  }));
  assert.equal(parseDuration("1".repeat(1_000_000) + "s"), undefined);
});
