/** Turns names, schemas and queries into the words that the tool index holds and looks for. */

/** Longest text of one field that is indexed, in characters: a hostile description must not fill the memory. */
const fieldLimit = 8_192;
/** How deep parameters of parameters are followed. */
const schemaDepth = 4;
/** Words of a query that count; the rest of a very long query is ignored. */
const queryWordLimit = 16;

/** Words of a question that say nothing about a tool; looking for them would only cost time. */
const fillers = new Set(
  ("a an and are as at be by can do does for from how i in into is it me my of on or please should that the this to " +
    "use using want what when which with would you").split(" "),
);

const wordPattern = /[\p{L}\p{N}\p{M}]+/gu;

// The character before a seam. One character and a look-ahead, no quantifier: linear whatever the text.
const seamPattern =
  /[\p{Ll}\p{N}](?=\p{Lu})|\p{Lu}(?=\p{Lu}\p{Ll})|\p{L}(?=\p{N})|\p{N}(?=\p{L})/gu;

/** Cheaper than the above and true for all it would change: most texts need nothing done. */
const seamTest = /\p{L}\p{Lu}|\p{N}\p{L}|\p{L}\p{N}/u;

/** `getHTTPUrl2` becomes `get HTTP Url 2`. */
function separate(text: string): string {
  return seamTest.test(text) ? text.replace(seamPattern, "$& ") : text;
}

/**
 * The searchable form of a name: as it is, its parts, and the parts joined,
 * so that `createIssue`, `create_issue` and `create issue` all find each other.
 * @param name a tool's or server's name
 * @returns words separated by blanks
 */
export function nameText(name: string): string {
  const short = name.slice(0, fieldLimit);
  const parts = separate(short).match(wordPattern) ?? [];
  return [...new Set([short, ...parts, parts.join("")])].join(" ");
}

/**
 * The searchable form of running text such as a description.
 * @param text any text; what is beyond 8,192 characters is left out
 * @returns the text, and once more with its identifiers taken apart if it has any in camelCase
 */
export function proseText(text: string): string {
  const short = text.slice(0, fieldLimit);
  const separated = separate(short);
  return separated === short ? short : `${short} ${separated}`;
}

/**
 * The names and descriptions of the parameters that a JSON Schema declares, those of nested objects included.
 * @param schema an `inputSchema`; anything else than an object yields no text
 * @returns words separated by blanks, about 8,192 characters at most
 */
export function parametersText(schema: unknown): string {
  let text = "";
  const visit = (node: unknown, depth: number) => {
    if (typeof node !== "object" || node === null || depth > schemaDepth) return;
    const { properties, items } = node as { properties?: unknown; items?: unknown };
    visit(items, depth + 1);
    if (typeof properties !== "object" || properties === null) return;
    for (const [name, property] of Object.entries(properties)) {
      if (text.length >= fieldLimit) return;
      const description = (property as { description?: unknown } | null)?.description;
      text += typeof description === "string" ? `${name} ${description} ` : `${name} `;
      visit(property, depth + 1);
    }
  };
  visit(schema, 0);
  return proseText(text);
}

/**
 * The words of a query, the last one last; identifiers are also given in parts, and words such as `the` are left out.
 * Quotes, operators, NUL, punctuation and emoji are no words.
 * @param query any text
 * @returns at most 16 different words in lower case, none empty
 */
export function queryWords(query: string): string[] {
  const words = new Set<string>();
  for (const match of query.slice(0, fieldLimit).matchAll(wordPattern)) {
    for (const part of separate(match[0]).split(" ")) words.add(part.toLowerCase());
    // Put after its parts, and again if it was seen before: the last word is the one still being typed.
    const whole = match[0].toLowerCase();
    words.delete(whole);
    words.add(whole);
    if (words.size >= queryWordLimit) break;
  }
  const all = [...words].slice(-queryWordLimit);
  return all.filter((word, n) => n === all.length - 1 || !fillers.has(word));
}
