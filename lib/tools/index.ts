/** The tool index: full-text search over the tools of all servers, in memory. */
import type { Tool } from "@modelcontextprotocol/client";
import { nameText, parametersText, proseText, queryWords } from "./words.ts";

/** A tool that a search found. */
export interface ToolMatch {
  server: string;
  tool: string;
  /** How well it fits: more is better, comparable only within one search. */
  score: number;
}

/** A searchable set of tools, by server. */
export interface ToolIndex {
  /** Makes `tools` the tools of the server `name`, whatever they were before. */
  replaceServer(name: string, tools: readonly Tool[]): void;
  /** Forgets the tools of the server `name`. */
  removeServer(name: string): void;
  /**
   * Finds tools by words of their names, descriptions and parameters, the best first; equal ones by server and tool name.
   * The last word may be the beginning of one. If no word is found, tools that hold a word as part of another are given.
   * @param query any text at all; a query without words finds only what holds it literally
   * @param limit the most results to give, at least 1
   */
  search(query: string, limit: number): ToolMatch[];
  /** Frees the index; it must not be used again. */
  close(): void;
}

/** Words of a query that the substring search looks for: each is a pass over all text. */
const substringLimit = 4;

// The full-text table is contentless: its own index is all it needs.
const schema = `
  CREATE TABLE tool (id INTEGER PRIMARY KEY, server TEXT NOT NULL, name TEXT NOT NULL);
  CREATE INDEX tool_server ON tool (server);
  CREATE VIRTUAL TABLE words USING fts5 (
    name, server, description, parameters,
    content = '', contentless_delete = 1, tokenize = 'porter unicode61 remove_diacritics 2'
  );`;

// The weights of the columns, in their order: a word in a tool's name says most of what the tool does.
const searchWords = `
  SELECT tool.server, tool.name AS tool, -bm25(words, 10, 4, 3, 1) AS score
  FROM words JOIN tool ON tool.id = words.rowid
  WHERE words MATCH ? ORDER BY score DESC, tool.server, tool.name LIMIT ?`;

/** What substrings are compared in: one form of Unicode, one case. */
function fold(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}

/** What a query without a hit is looked for as: its words, or itself if it has none (symbols, emoji). */
function substringsOf(query: string, words: readonly string[]): string[] {
  // One letter is in nearly every text; one ideograph is a word.
  const telling = words.filter((word) => word.length > 1 || word > "\u{2e7f}");
  if (words.length > 0) return telling.slice(-substringLimit).map(fold);
  const symbols = query.slice(0, 64).replace(/[\s\p{Cc}]+/gu, "");
  return symbols === "" ? [] : [fold(symbols)];
}

/** Compares as SQLite does, not as the user's language would have it. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Makes an empty index. `node:sqlite` is loaded here and not before, since it costs time at start-up.
 * @returns the index; close it after use
 */
export async function createToolIndex(): Promise<ToolIndex> {
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(":memory:");
  database.exec(schema);
  const insertTool = database.prepare("INSERT INTO tool (server, name) VALUES (?, ?)");
  const insertWords = database.prepare(
    "INSERT INTO words (rowid, name, server, description, parameters) VALUES (?, ?, ?, ?, ?)",
  );
  const deleteWords = database.prepare(
    "DELETE FROM words WHERE rowid IN (SELECT id FROM tool WHERE server = ?)",
  );
  const deleteTools = database.prepare("DELETE FROM tool WHERE server = ?");
  const findWords = database.prepare(searchWords);
  // Searched for substrings; three times as fast here as in SQL.
  const texts = new Map<string, { tool: string; text: string }[]>();

  function add(server: string, tool: Tool): { tool: string; text: string } {
    const name = nameText(`${tool.name} ${tool.title ?? tool.annotations?.title ?? ""}`);
    const description = proseText(tool.description ?? "");
    const parameters = parametersText(tool.inputSchema);
    const { lastInsertRowid } = insertTool.run(server, tool.name);
    insertWords.run(lastInsertRowid, name, nameText(server), description, parameters);
    return { tool: tool.name, text: fold(`${server}\n${name}\n${description}\n${parameters}`) };
  }

  function replaceServer(server: string, tools: readonly Tool[]): void {
    database.exec("BEGIN");
    try {
      deleteWords.run(server);
      deleteTools.run(server);
      texts.set(server, tools.map((tool) => add(server, tool)));
      database.exec("COMMIT");
    } catch (error) {
      database.exec("ROLLBACK");
      throw error;
    }
  }

  function findSubstrings(substrings: readonly string[], limit: number): ToolMatch[] {
    const found: ToolMatch[] = [];
    for (const [server, tools] of texts) {
      for (const { tool, text } of tools) {
        const score = substrings.filter((substring) => text.includes(substring)).length;
        if (score > 0) found.push({ server, tool, score });
      }
    }
    return found.sort((a, b) =>
      b.score - a.score || compare(a.server, b.server) || compare(a.tool, b.tool)
    ).slice(0, limit);
  }

  return {
    replaceServer,
    removeServer(name) {
      replaceServer(name, []);
      texts.delete(name);
    },
    search(query, limit) {
      const words = queryWords(query);
      if (words.length > 0) {
        // Quoted, a word is never an operator; it holds no quote itself.
        const expression = words.map((word) => `"${word}"`).join(" OR ") + "*";
        const found = findWords.all(expression, limit) as unknown as ToolMatch[];
        if (found.length > 0) {
          return found.map(({ server, tool, score }) => ({ server, tool, score }));
        }
      }
      return findSubstrings(substringsOf(query, words), limit);
    },
    close() {
      database.close();
    },
  };
}
