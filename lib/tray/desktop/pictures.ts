/** The icons in the two layouts of pixels that D-Bus interfaces ask for. */
import { decode } from "fast-png";
import { iconFile, iconNames, iconSizes } from "../icons/icons.ts";
import type { IconName } from "./desktop.ts";

/** A square picture, 8 bits a channel, not premultiplied. */
export interface Picture {
  /** Pixels of each side. */
  size: number;
  /** Red, green, blue, alpha: `image-data` of org.freedesktop.Notifications. */
  rgba: Uint8Array;
  /** Alpha, red, green, blue: `IconPixmap` of org.kde.StatusNotifierItem (ARGB32 in network byte order). */
  argb: Uint8Array;
}

/** Each icon in every size, the smallest first. */
export type Pictures = Readonly<Record<IconName, readonly Picture[]>>;

/**
 * Reads all icons.
 * @throws an Error of the file system if one is missing
 */
export async function readPictures(): Promise<Pictures> {
  const read = async (name: IconName): Promise<[IconName, Picture[]]> => [
    name,
    await Promise.all(iconSizes.map((size) => readPicture(iconFile(name, size)))),
  ];
  return Object.fromEntries(await Promise.all(iconNames.map(read))) as Record<IconName, Picture[]>;
}

async function readPicture(file: URL): Promise<Picture> {
  const { width: size, data } = decode(await Deno.readFile(file));
  const rgba = Uint8Array.from(data);
  const argb = new Uint8Array(rgba.length);
  for (let at = 0; at < rgba.length; at += 4) {
    argb[at] = rgba[at + 3]!;
    argb.set(rgba.subarray(at, at + 3), at + 1);
  }
  return { size, rgba, argb };
}
