/**
 * Draws the tray's icons: `deno run --allow-read --allow-write=lib/tray/icons scripts/draw_icons.ts`.
 *
 * A tile with one node and its two branches, of which the lower ends in the badge that tells the state. No desktop says
 * which colour its panel has, so the tile's colour is of middle lightness, everything on it is light, and a state is told by
 * colour and by shape: a disc runs, an open ring is busy, a triangle needs a person, a square has stopped.
 *
 * Every size is drawn by itself, with what has straight edges on whole pixels. Only the four arithmetic operations and
 * square roots are used, which IEEE 754 fixes to the last bit, so that every machine draws the same files.
 */
import { encode } from "fast-png";
import type { IconName } from "../lib/tray/desktop/desktop.ts";
import { iconFile, iconNames, iconSizes } from "../lib/tray/icons/icons.ts";

/** 0 to 255 each. */
export type Color = readonly [red: number, green: number, blue: number];
type Point = readonly [x: number, y: number];
type Shape = (x: number, y: number) => boolean;
/** The topmost layer that covers a point gives its colour. */
type Layer = { shape: Shape; color: Color | "clear" };

const white: Color = [255, 255, 255];
const bright: Color = [92, 109, 236];
const atRest: Color = [124, 130, 146];

/** The colours by which each icon is known. */
export const iconColors: Readonly<Record<IconName, { tile: Color; badge: Color }>> = {
  running: { tile: bright, badge: [38, 178, 94] },
  busy: { tile: bright, badge: [245, 159, 0] },
  attention: { tile: bright, badge: [226, 54, 54] },
  stopped: { tile: atRest, badge: white },
};

/** Points looked at along each side of a pixel. */
const samples = 8;

/**
 * Draws one icon.
 * @param name the state that it tells
 * @param size pixels of each side
 * @returns the bytes of a PNG file
 */
export function drawIcon(name: IconName, size: number): Uint8Array {
  const layers = layersOf(name, size);
  const data = new Uint8Array(size * size * 4);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) data.set(pixel(layers, x, y), (y * size + x) * 4);
  }
  return encode({ width: size, height: size, data, channels: 4, depth: 8 });
}

function pixel(layers: readonly Layer[], left: number, top: number): number[] {
  const sum = [0, 0, 0];
  let covered = 0;
  for (let row = 0; row < samples; row++) {
    for (let column = 0; column < samples; column++) {
      const x = left + (column + 0.5) / samples;
      const y = top + (row + 0.5) / samples;
      const color = layers.find((layer) => layer.shape(x, y))?.color ?? "clear";
      if (color === "clear") continue;
      covered++;
      for (let channel = 0; channel < 3; channel++) sum[channel]! += color[channel]!;
    }
  }
  if (covered === 0) return [0, 0, 0, 0];
  const alpha = Math.round((covered * 255) / (samples * samples));
  return [...sum.map((total) => Math.round(total / covered)), alpha];
}

function layersOf(name: IconName, size: number): Layer[] {
  const unit = size / 16;
  const hub: Point = [4.4 * unit, 7.6 * unit];
  const branch: Point = [11.4 * unit, 3.4 * unit];
  const mark = badge(name, size, unit);
  return [
    ...mark.layers,
    { shape: mark.outline, color: "clear" },
    { shape: disc(hub, 2.5 * unit), color: white },
    { shape: disc(branch, 2 * unit), color: white },
    { shape: line(hub, branch, 1.6 * unit), color: white },
    { shape: line(hub, [12 * unit, 12 * unit], 1.6 * unit), color: white },
    { shape: roundedSquare([0, 0], size, 4 * unit), color: iconColors[name].tile },
  ];
}

/** The badge in the lower right corner, and the outline inside which nothing else is drawn. */
function badge(name: IconName, size: number, unit: number): { layers: Layer[]; outline: Shape } {
  const color = iconColors[name].badge;
  const gap = Math.max(1, Math.round(unit * 2) / 2);
  const radius = Math.round((name === "running" ? 4 : 4.5) * unit * 2) / 2;
  const middle = size - radius;
  const center: Point = [middle, middle];
  switch (name) {
    case "running":
      return {
        layers: [{ shape: disc(center, radius), color }],
        outline: disc(center, radius + gap),
      };
    case "busy": {
      const ring: Shape = (x, y) =>
        disc(center, radius)(x, y) && !(x > middle && y < middle) &&
        !disc(center, radius - 2 * unit)(x, y);
      return { layers: [{ shape: ring, color }], outline: disc(center, radius + gap) };
    }
    case "attention": {
      // As wide as lets both of its edges lie on whole pixels.
      const bar = middle % 1 === 0
        ? 2 * Math.max(1, Math.round(unit / 2))
        : 2 * Math.floor(unit / 2) + 1;
      const mark: Shape = (x, y) =>
        Math.abs(x - middle) < bar / 2 &&
        (y < middle + 1.5 * unit || y > middle + 2.5 * unit) &&
        y > middle - 1.5 * unit && y < size - Math.round(unit);
      const triangle = (grow: number): Shape => (x, y) =>
        y < size + grow && Math.abs(x - middle) < (y - (middle - radius)) / 2 + 0.5 * unit + grow;
      return {
        layers: [{ shape: mark, color: white }, { shape: triangle(0), color }],
        outline: triangle(gap),
      };
    }
    case "stopped": {
      const side = Math.round(5.5 * unit);
      const corner = size - Math.round(1.5 * unit) - side;
      const square = roundedSquare([corner, corner], side, 0.5 * unit);
      return { layers: [{ shape: square, color }], outline: square };
    }
  }
}

function disc([centerX, centerY]: Point, radius: number): Shape {
  return (x, y) => (x - centerX) * (x - centerX) + (y - centerY) * (y - centerY) <= radius * radius;
}

function roundedSquare([left, top]: Point, side: number, radius: number): Shape {
  return (x, y) => {
    if (x < left || x > left + side || y < top || y > top + side) return false;
    const inX = Math.min(Math.max(x, left + radius), left + side - radius);
    const inY = Math.min(Math.max(y, top + radius), top + side - radius);
    return disc([inX, inY], radius)(x, y);
  };
}

function line(from: Point, to: Point, width: number): Shape {
  const [alongX, alongY] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.sqrt(alongX * alongX + alongY * alongY);
  return (x, y) => {
    const along = ((x - from[0]) * alongX + (y - from[1]) * alongY) / length;
    const across = ((x - from[0]) * alongY - (y - from[1]) * alongX) / length;
    return along >= 0 && along <= length && Math.abs(across) <= width / 2;
  };
}

if (import.meta.main) {
  for (const name of iconNames) {
    for (const size of iconSizes) await Deno.writeFile(iconFile(name, size), drawIcon(name, size));
  }
}
