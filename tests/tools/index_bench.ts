/** How long the tool index takes with 5,000 tools; run with `deno bench -A tests/tools/index_bench.ts`. */
import type { Tool } from "@modelcontextprotocol/client";
import { createToolIndex } from "../../lib/tools/index.ts";

const verbs =
  "create get list delete update search merge close open fetch read write move copy send run stop"
    .split(" ");
const nouns =
  "issue pullRequest file directory branch repository commit user team project board card page database table row message channel event calendar invoice customer order product image video comment review label milestone release workflow"
    .split(" ");
const syllables = "ka lo mi re tu sa ne vo pi da gu ze hy wi fo ba".split(" ");

let state = 1;
/** Numbers from 0 to below `limit`, the same on each run. */
function random(limit: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state % limit;
}
const pick = <T>(list: readonly T[]): T => list[random(list.length)]!;

/** Words of which few are frequent and most are rare, as in real text. */
const vocabulary = Array.from(
  { length: 3_000 },
  () => pick(syllables) + pick(syllables) + pick(syllables),
);
const word = () =>
  random(4) === 0
    ? pick(random(2) ? verbs : nouns)
    : vocabulary[Math.floor(random(1_000) ** 2 / 334)]!;
const sentence = (length: number) => Array.from({ length }, word).join(" ");

function anyTool(n: number): Tool {
  const [verb, noun] = [pick(verbs), pick(nouns)];
  const name = n % 2
    ? `${verb}_${noun}_${n}`
    : `${verb}${noun[0]!.toUpperCase()}${noun.slice(1)}${n}`;
  const properties = Object.fromEntries(
    Array.from(
      { length: 5 },
      (_, p) => [`${pick(nouns)}_${p}`, { type: "string", description: sentence(8) }],
    ),
  );
  return { name, description: sentence(40), inputSchema: { type: "object", properties } };
}

const servers = Array.from({ length: 50 }, (_, s) => ({
  name: `server${s}`,
  tools: Array.from({ length: 100 }, (_, n) => anyTool(n)),
}));

async function fullIndex() {
  const index = await createToolIndex();
  for (const { name, tools } of servers) index.replaceServer(name, tools);
  return index;
}

const index = await fullIndex();

Deno.bench("index 5,000 tools", async () => {
  (await fullIndex()).close();
});

Deno.bench("index one server of 100 tools again", () => {
  index.replaceServer(servers[7]!.name, servers[7]!.tools);
});

const queries = {
  "two words": () => `${pick(verbs)} ${pick(nouns)}`,
  "a question": () => `how do I ${pick(verbs)} a ${pick(nouns)} with ${pick(vocabulary)}`,
  "the beginning of a word": () => pick(nouns).slice(0, 3),
  "one letter": () => pick(syllables).slice(0, 1),
  "nothing that fits": () => `qq${random(1_000)}xx zz${random(1_000)}yy`,
  "2,000 words": () => Array.from({ length: 2_000 }, () => pick(vocabulary)).join(" "),
};
for (const [name, query] of Object.entries(queries)) {
  Deno.bench(`search for ${name}`, () => void index.search(query(), 15));
}
