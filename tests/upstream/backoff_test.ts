import assert from "node:assert/strict";
import fc from "fast-check";
import { retryDelay } from "../../lib/upstream/backoff.ts";

Deno.test("backoff: the ceiling doubles from one second to five minutes", () => {
  const almostOne = 1 - Number.EPSILON;
  const ceilings = [1, 2, 3, 4, 9, 10, 50, 5_000].map((failures) =>
    Math.round(retryDelay(failures, almostOne))
  );
  assert.deepEqual(ceilings, [1_000, 2_000, 4_000, 8_000, 256_000, 300_000, 300_000, 300_000]);
});

Deno.test("backoff: the wait is anywhere below the ceiling", () => {
  fc.assert(
    fc.property(
      fc.nat(2_000),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (failures, random) => {
        const delay = retryDelay(failures, random);
        assert(delay >= 0 && delay <= 300_000);
        assert(Math.abs(delay - random * retryDelay(failures, 1)) < 1e-6);
      },
    ),
  );
});
