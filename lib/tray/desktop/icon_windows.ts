/** Icons in the format of Windows. */

/** A square picture. */
export interface IconPicture {
  /** Pixels of each side, at most 255. */
  size: number;
  /** A PNG file with 32 bits a pixel. */
  png: Uint8Array;
}

/**
 * An .ico file that holds PNG files, as Windows Vista and later read it.
 * @param pictures in the order in which they are written
 */
export function icoOf(pictures: readonly IconPicture[]): Uint8Array {
  const headerSize = 6;
  const entrySize = 16;
  let offset = headerSize + entrySize * pictures.length;
  const total = pictures.reduce((sum, { png }) => sum + png.length, offset);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  view.setUint16(2, 1, true); // an icon, not a cursor
  view.setUint16(4, pictures.length, true);
  for (const [index, { size, png }] of pictures.entries()) {
    const entry = headerSize + entrySize * index;
    view.setUint8(entry, size);
    view.setUint8(entry + 1, size);
    view.setUint16(entry + 4, 1, true); // colour planes
    view.setUint16(entry + 6, 32, true); // bits a pixel
    view.setUint32(entry + 8, png.length, true);
    view.setUint32(entry + 12, offset, true);
    bytes.set(png, offset);
    offset += png.length;
  }
  return bytes;
}
