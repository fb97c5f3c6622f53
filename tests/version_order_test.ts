/** Which version is older. */
import assert from "node:assert/strict";
import { isOlder } from "../lib/version_order.ts";

Deno.test("versions in their order", () => {
  const inOrder = [
    "0.1.0-alpha",
    "0.1.0-beta.2",
    "0.1.0-beta.10",
    "0.1.0",
    "0.2.0",
    "0.10.0",
    "1.0.0",
  ];
  for (const [index, version] of inOrder.entries()) {
    for (const [other, otherVersion] of inOrder.entries()) {
      assert.equal(isOlder(version, otherVersion), index < other, `${version} ${otherVersion}`);
    }
  }
  assert(isOlder("v0.1.0", "0.1.1+build.7"));
});

Deno.test("of what is no version nothing is known", () => {
  for (const odd of ["", "dev", "1.2", "1.2.3.4", "1.2.3-"]) {
    assert(!isOlder(odd, "1.0.0") && !isOlder("1.0.0", odd), odd);
  }
});
