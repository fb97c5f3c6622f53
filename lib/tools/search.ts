/** Search over the tools that the upstreams offer right now. */
import type { Upstreams } from "../upstream/types.ts";
import { createToolIndex, type ToolIndex, type ToolMatch } from "./index.ts";

/** Finds tools of ready upstreams. */
export interface ToolSearch {
  /** As {@linkcode ToolIndex.search}; the first search makes the index. */
  search(query: string, limit: number): Promise<ToolMatch[]>;
  /** Stops following the upstreams and frees the index. */
  close(): void;
}

/**
 * Keeps a tool index in step with the upstreams. Nothing is loaded or indexed before the first search, and afterwards
 * a server that changed is indexed again only when somebody searches.
 * @param upstreams whose tools are searched
 * @returns the search; close it after use
 */
export function createToolSearch(upstreams: Upstreams): ToolSearch {
  let creation: Promise<ToolIndex> | undefined;
  const stale = new Set<string>();
  const unsubscribe = upstreams.onChange((change) => void stale.add(change.name));

  return {
    async search(query, limit) {
      if (creation === undefined) {
        for (const { name } of upstreams.list()) stale.add(name);
        creation = createToolIndex();
      }
      const index = await creation;
      for (const name of stale) index.replaceServer(name, upstreams.tools(name));
      stale.clear();
      return index.search(query, limit);
    },
    close() {
      unsubscribe();
      void creation?.then((index) => index.close());
    },
  };
}
