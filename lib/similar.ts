/** Names that are nearly the one that was asked for. */

/** Below this likeness (0 to 1) a name is no help. */
const threshold = 0.4;

function pairsOf(name: string): Set<string> {
  const letters = [...name.toLowerCase()].filter((letter) => /[\p{L}\p{N}]/u.test(letter));
  return new Set(letters.slice(1).map((letter, n) => letters[n] + letter));
}

/**
 * The names most like a given one, by the pairs of letters they share (Dice's coefficient);
 * case and punctuation do not count, so `createIssue` is like `create_issue`.
 * @param wanted the name that does not exist; only its first 200 characters are compared
 * @param names the names that do
 * @param limit the most names to give
 * @returns the likest first, equals in order of name; empty if none is near
 */
export function similarNames(wanted: string, names: Iterable<string>, limit = 3): string[] {
  const pairs = pairsOf(wanted.slice(0, 200));
  const scored: { name: string; score: number }[] = [];
  for (const name of names) {
    const others = pairsOf(name);
    let shared = 0;
    for (const pair of others) if (pairs.has(pair)) shared++;
    const score = 2 * shared / (pairs.size + others.size || 1);
    if (score >= threshold) scored.push({ name, score });
  }
  return scored.sort((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1))
    .slice(0, limit).map(({ name }) => name);
}
