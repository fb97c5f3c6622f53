/** Any text at all: control characters, lone surrogates and characters of every script. */
import fc from "fast-check";

/**
 * An arbitrary of such texts; fast-check's own `unit: "binary"` takes seconds to begin with.
 * @param maxLength in code points
 */
export function anyText(maxLength = 10): fc.Arbitrary<string> {
  const codePoint = fc.oneof(
    fc.integer({ min: 0, max: 0x7f }),
    fc.integer({ min: 0, max: 0xffff }),
    fc.integer({ min: 0x1f300, max: 0x1faff }),
  );
  return fc.array(codePoint, { maxLength }).map((codes) => String.fromCodePoint(...codes));
}
