/** The icon's files, which `scripts/draw_icons.ts` draws: one for each state and size. */
import type { IconName } from "../desktop/desktop.ts";

/** Every state that has an icon. */
export const iconNames: readonly IconName[] = ["running", "busy", "attention", "stopped"];

/** Pixels of each side; the sizes that panels ask for. */
export const iconSizes: readonly number[] = [16, 22, 24, 32, 48];

/**
 * Where an icon lies: beside this module, and in a build beside the code that it became a part of.
 * @param name the state
 * @param size one of {@linkcode iconSizes}
 * @returns the URL of a PNG file
 */
export function iconFile(name: IconName, size: number): URL {
  return new URL(`${name}_${size}.png`, import.meta.url);
}
