/** Where this process would find the core's program; the questions of core_program.ts, answered by the real system. */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Inputs } from "../config/paths.ts";
import type { ProgramFiles, ProgramSources } from "./core_program.ts";

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
  const own = Deno.execPath();
  return {
    platform,
    environment,
    ownFolder: dirname(programFiles.realPath(own) ?? own),
    // The one that runs us is Deno itself then.
    checkout: Deno.build.standalone
      ? null
      : { deno: own, root: fileURLToPath(new URL("../../", import.meta.url)) },
    searchPath,
    user: Deno.uid(),
  };
}

function orNull<Value>(ask: () => Value): Value | null {
  try {
    return ask();
  } catch {
    return null;
  }
}
