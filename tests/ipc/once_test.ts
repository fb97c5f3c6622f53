import assert from "node:assert/strict";
import fc from "fast-check";
import { createOnceWindow, onceWindow } from "../../lib/ipc/once.ts";

/** Numbers that are near each other, near the window's edges, or anywhere. */
const numbers = fc.array(
  fc.oneof(
    fc.integer({ min: 1, max: 50 }),
    fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 9 }))
      .map(([times, more]) => times * onceWindow + more),
    fc.maxSafeNat().map((number) => number + 1),
  ),
  { maxLength: 60 },
);

Deno.test("a number is the first once, whatever comes before or in between", () => {
  fc.assert(fc.property(numbers, (numbers) => {
    const isFirst = createOnceWindow();
    const seen = new Set<number>();
    let highest = 0;
    for (const number of numbers) {
      const expected = Number.isSafeInteger(number) && !seen.has(number) &&
        number > highest - onceWindow;
      assert.equal(isFirst(`${number}`), expected, `${number} after ${[...seen]}`);
      if (!expected) continue;
      seen.add(number);
      highest = Math.max(highest, number);
    }
  }));
});

Deno.test("numbers may overtake each other by less than the window", () => {
  const isFirst = createOnceWindow();
  for (let start = 1; start < 5 * onceWindow; start += onceWindow) {
    for (let number = start + onceWindow - 1; number >= start; number--) {
      assert(isFirst(`${number}`), `${number}`);
    }
  }
  assert(isFirst(`${7 * onceWindow}`));
  assert.equal(isFirst(`${6 * onceWindow}`), false, "just too late");
  assert(isFirst(`${6 * onceWindow + 1}`));
});

Deno.test("what is no number is not the first", () => {
  const isFirst = createOnceWindow();
  const values = ["", "0", "-1", "+1", "1.5", "1e3", "01", " 1", "1 ", "1, 2", "0x1", "NaN", "x"];
  for (const value of [...values, "9007199254740992", "Infinity", "1".repeat(400)]) {
    assert.equal(isFirst(value), false, value);
  }
  assert(isFirst("1"));
});
