/** Where this process would find the core's program; the questions of core_program.ts, answered by the real system. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Inputs } from "../config/paths.ts";
import { ownFile } from "../own_program.ts";
import {
  type Checkout,
  checkoutProgram,
  type CoreProgram,
  type ProgramFiles,
  type ProgramSources,
} from "./core_program.ts";

/** The disk. */
export const programFiles: ProgramFiles = {
  realPath: (path) => orNull(() => Deno.realPathSync(path)),
  look: (path) => orNull(() => Deno.lstatSync(path)),
};

/**
 * Where to look from here.
 * @param inputs environment and platform
 * @param searchPath PATH of the login shell
 * @returns the sources for `findCoreProgram`
 */
export function programSources(
  { environment, platform }: Inputs,
  searchPath: string | undefined,
): ProgramSources {
  const own = ownFile ?? Deno.execPath();
  return {
    platform,
    environment,
    ownFolder: dirname(programFiles.realPath(own) ?? own),
    checkout: ownCheckout(),
    searchPath,
    user: Deno.uid(),
  };
}

/**
 * The core of this very program, where the program is `mcpproxy` itself.
 * @returns how to start it
 */
export function ownProgram(): CoreProgram {
  const checkout = ownCheckout();
  return checkout
    ? checkoutProgram(checkout, { join })
    : { command: ownFile ?? Deno.execPath(), args: [] };
}

/** Null in a binary; else it is Deno itself that runs us. */
function ownCheckout(): Checkout | null {
  return ownFile !== null
    ? null
    : { deno: Deno.execPath(), root: fileURLToPath(new URL("../../", import.meta.url)) };
}

function orNull<Value>(ask: () => Value): Value | null {
  try {
    return ask();
  } catch {
    return null;
  }
}
