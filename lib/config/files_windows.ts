/** Files on Windows: who may touch them is settled by the data directory's access list, which lib/ipc checks. */
import type { FileSystem } from "./file_system.ts";

/** The rules of Windows. */
export const windowsFiles: FileSystem = {
  vet: () => [],

  // A directory can be neither locked nor flushed here; the comparison before the rename has to do.
  holdDirectory: () => Promise.resolve({ sync: () => Promise.resolve(), release() {} }),

  /** A reader that has the file open, a virus scanner say, makes the rename fail for a moment. */
  async replace(from, to) {
    for (let attempt = 1;; attempt++) {
      try {
        return await Deno.rename(from, to);
      } catch (error) {
        if (attempt === 20) throw error;
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    }
  },
};
