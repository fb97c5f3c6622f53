/** Text as the functions of Windows take it. */

/**
 * UTF-16 with a NUL at its end.
 * @param text without NUL
 */
export function wideText(text: string): Uint8Array<ArrayBuffer> {
  const units = Uint16Array.from({ length: text.length + 1 }, (_, at) => text.charCodeAt(at) || 0);
  return new Uint8Array(units.buffer);
}
