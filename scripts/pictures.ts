/** Parts of screenshots, put together and kept as PNG files. */
import { encode } from "fast-png";
import type { Area, Color, Screenshot } from "../tests/support/panel.ts";

/** Red, green and blue of each pixel, line by line. */
export interface Picture {
  width: number;
  height: number;
  data: Uint8Array;
}

const channels = 3;

/** A part of a screenshot. */
export function pictureOf(screenshot: Screenshot, { left, top, width, height }: Area): Picture {
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      data.set(screenshot.at(left + x, top + y), (y * width + x) * channels);
    }
  }
  return { width, height, data };
}

/** Pictures of one width, each below the one before. */
export function stacked(pictures: readonly Picture[]): Picture {
  const width = pictures[0]!.width;
  const height = pictures.reduce((sum, picture) => sum + picture.height, 0);
  const data = new Uint8Array(width * height * channels);
  let start = 0;
  for (const picture of pictures) {
    data.set(picture.data, start);
    start += picture.data.length;
  }
  return { width, height, data };
}

/**
 * A picture without what lies to the left of, and below, everything on it.
 * @param background of the empty part
 * @returns it, with a narrow margin
 */
export function withoutEmptyEdges(picture: Picture, background: Color): Picture {
  const { width, height, data } = picture;
  const isEmpty = (x: number, y: number) =>
    background.every((value, channel) => data[(y * width + x) * channels + channel] === value);
  const top = Array.from({ length: height }, (_, y) => y).find((y) => isEmpty(0, y)) ?? 0;
  let [left, bottom] = [width, 0];
  for (let y = top; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (isEmpty(x, y)) continue;
      [left, bottom] = [Math.min(left, x), y + 1];
    }
  }
  const margin = 32;
  [left, bottom] = [Math.max(0, left - margin), Math.min(height, bottom + margin)];
  const at = (x: number, y: number): Color => {
    const start = (y * width + x) * channels;
    return [data[start]!, data[start + 1]!, data[start + 2]!];
  };
  const area = { left, top: 0, width: width - left, height: bottom };
  return pictureOf({ width, height, at }, area);
}

/** Writes a picture as a PNG file. */
export async function savePicture(path: string, picture: Picture): Promise<void> {
  await Deno.writeFile(path, encode({ ...picture, channels, depth: 8 }));
}
