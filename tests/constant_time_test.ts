import { equal } from "node:assert/strict";
import fc from "fast-check";
import { equalsSecret } from "../lib/constant_time.ts";

Deno.test("a text equals a secret if it is the same, whatever the two are", () => {
  const text = fc.string({ unit: "binary", maxLength: 40 });
  fc.assert(
    fc.property(text, text, (one, other) => equal(equalsSecret(one, other), one === other)),
  );
  fc.assert(fc.property(text, (one) => equal(equalsSecret(one, one), true)));
});

Deno.test("one wrong character anywhere is enough", () => {
  const secret = "0123456789abcdef";
  for (let at = 0; at < secret.length; at++) {
    equal(equalsSecret(`${secret.slice(0, at)}x${secret.slice(at + 1)}`, secret), false);
  }
  equal(equalsSecret("", ""), true);
  equal(equalsSecret(`${secret}0`, secret), false);
});
