import assert from "node:assert/strict";
import type { Tool } from "@modelcontextprotocol/client";
import fc from "fast-check";
import { createToolIndex, type ToolIndex } from "../../lib/tools/index.ts";
import { anyText } from "./any_text.ts";

function tool(name: string, description?: string, properties: Record<string, unknown> = {}): Tool {
  const inputSchema = { type: "object" as const, properties } as Tool["inputSchema"];
  return description === undefined ? { name, inputSchema } : { name, description, inputSchema };
}

const servers: Record<string, Tool[]> = {
  github: [
    tool("create_issue", "Open a new issue in a repository", {
      repo: { description: "the repository" },
    }),
    tool("list_issues", "List issues of a repository"),
    tool("create_pull_request", "Open a pull request"),
    tool("search_code", "Search code. Mentions create and issue."),
  ],
  linear: [tool("createIssue", "Adds a ticket"), tool("getHTTPStatus2", "Checks a page")],
  files: [
    tool("read_file", "Read the contents of a file", {
      path: { description: "where the file is" },
    }),
    tool("write_file", "Überschreibt eine Datei. \u{1f4be}"),
    tool("検索", "ファイルを検索する"),
    tool("kuva", "Näyttää ΑΘΗΝΑ naïve café"),
  ],
};

async function withIndex(use: (index: ToolIndex) => void | Promise<void>): Promise<void> {
  const index = await createToolIndex();
  try {
    for (const [name, tools] of Object.entries(servers)) index.replaceServer(name, tools);
    await use(index);
  } finally {
    index.close();
  }
}

const names = (index: ToolIndex, query: string, limit = 10) =>
  index.search(query, limit).map(({ server, tool }) => `${server}:${tool}`);

Deno.test("a tool is found by its name in any spelling", async () => {
  await withIndex((index) => {
    for (
      const query of ["create issue", "createIssue", "create_issue", "CREATE-ISSUE", "createissue"]
    ) {
      const found = names(index, query).slice(0, 2).sort();
      assert.deepEqual(found, ["github:create_issue", "linear:createIssue"], query);
    }
    assert.equal(names(index, "http status")[0], "linear:getHTTPStatus2");
    assert.equal(names(index, "status2")[0], "linear:getHTTPStatus2");
  });
});

Deno.test("a name counts more than a description, a description more than a parameter", async () => {
  await withIndex((index) => {
    index.replaceServer("weights", [
      tool("c", "nothing", { zebra: {} }),
      tool("b", "about a zebra"),
      tool("zebra", "nothing"),
    ]);
    assert.deepEqual(names(index, "zebra"), ["weights:zebra", "weights:b", "weights:c"]);
  });
});

Deno.test("a tool is found by its server, its parameters, another form of a word, and the beginning of one", async () => {
  await withIndex((index) => {
    assert.ok(names(index, "github").every((name) => name.startsWith("github:")));
    assert.equal(names(index, "path")[0], "files:read_file");
    assert.equal(names(index, "reading files")[0], "files:read_file");
    assert.equal(names(index, "pull req")[0], "github:create_pull_request");
    assert.deepEqual(
      names(index, "quest").slice(0, 1),
      ["github:create_pull_request"],
      "inside a word",
    );
  });
});

Deno.test("a question in plain language finds the tool", async () => {
  await withIndex((index) => {
    assert.equal(
      names(index, "How can I open a new issue in my repository?")[0],
      "github:create_issue",
    );
    assert.equal(names(index, "please show me the contents of a file")[0], "files:read_file");
  });
});

Deno.test("text in any script is found, whatever its accents and case", async () => {
  await withIndex((index) => {
    assert.equal(names(index, "uberschreibt")[0], "files:write_file");
    assert.equal(names(index, "ÜBERSCHREIBT")[0], "files:write_file");
    assert.equal(names(index, "cafe\u0301")[0], "files:kuva");
    assert.equal(names(index, "αθηνα")[0], "files:kuva");
    assert.equal(names(index, "検索")[0], "files:検索");
    assert.deepEqual(names(index, "ァイ"), ["files:検索"], "part of a text without blanks");
    assert.deepEqual(names(index, "\u{1f4be}"), ["files:write_file"]);
  });
});

Deno.test("what nothing fits finds nothing", async () => {
  await withIndex((index) => {
    for (const query of ["", "   ", "xyzzy", "\u{1f600}", "?!", "\u0000", "q"]) {
      assert.deepEqual(index.search(query, 10), [], JSON.stringify(query));
    }
  });
});

Deno.test("equal scores are ordered by server and name, however they came in", async () => {
  const index = await createToolIndex();
  for (const server of ["b", "a", "c"]) {
    index.replaceServer(server, [tool("same_two", "x"), tool("same_one", "x")]);
  }
  const expected = [
    "a:same_one",
    "a:same_two",
    "b:same_one",
    "b:same_two",
    "c:same_one",
    "c:same_two",
  ];
  assert.deepEqual(names(index, "same"), expected);
  assert.deepEqual(names(index, "ame"), expected);
  index.replaceServer("a", [tool("same_one", "x"), tool("same_two", "x")]);
  assert.deepEqual(names(index, "same"), expected);
  assert.deepEqual(names(index, "same", 2), expected.slice(0, 2));
  index.close();
});

Deno.test("a server's tools are replaced and removed", async () => {
  await withIndex((index) => {
    index.replaceServer("github", [tool("fork")]);
    assert.deepEqual(names(index, "pull request"), []);
    assert.deepEqual(names(index, "fork"), ["github:fork"]);
    index.removeServer("github");
    index.removeServer("unknown");
    assert.deepEqual(names(index, "fork"), []);
    assert.deepEqual(names(index, "fork github"), []);
    assert.deepEqual(names(index, "createIssue"), ["linear:createIssue"]);
  });
});

Deno.test("no query does harm", async () => {
  await withIndex((index) => {
    const operators = [
      '"',
      "'",
      "*",
      "name:x",
      "a AND",
      "OR",
      "NOT x",
      "NEAR(a b",
      "^a",
      "a + b",
      "{x}",
      "(",
      "--",
      ";",
    ];
    for (
      const query of [...operators, "a\u0000b", "\ud800", "x".repeat(10_000), '"'.repeat(10_000)]
    ) {
      assert.ok(Array.isArray(index.search(query, 5)));
      assert.ok(Array.isArray(index.search(`create ${query} issue`, 5)));
    }
    fc.assert(
      fc.property(
        anyText(200),
        fc.integer({ min: 1, max: 5 }),
        (query, limit) => {
          const found = index.search(query, limit);
          assert.ok(found.length <= limit);
          for (const { score } of found) assert.ok(score > 0);
        },
      ),
      { numRuns: 200 },
    );
  });
});

Deno.test("tools of any shape are indexed", async () => {
  const index = await createToolIndex();
  const anyTool = fc.record({
    name: anyText(),
    description: fc.option(anyText(), { nil: undefined }),
    inputSchema: fc.jsonValue(),
  });
  fc.assert(
    fc.property(fc.array(anyTool, { maxLength: 5 }), fc.string(), (tools, server) => {
      index.replaceServer(server, tools as unknown as Tool[]);
    }),
    { numRuns: 100 },
  );
  index.close();
});
