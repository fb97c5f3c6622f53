import assert from "node:assert/strict";
import { similarNames } from "../lib/similar.ts";

const names = [
  "github:create_issue",
  "github:list_issues",
  "files:read_file",
  "files:write_file",
  "x:y",
];

Deno.test("misspelt and differently spelt names lead to the right one", () => {
  for (
    const wanted of [
      "github:creat_isue",
      "githubCreateIssue",
      "create_issue",
      "GITHUB__CREATE_ISSUE",
    ]
  ) {
    assert.equal(similarNames(wanted, names)[0], "github:create_issue", wanted);
  }
});

Deno.test("the likest come first, few of them, and none if none is near", () => {
  assert.deepEqual(similarNames("files:file", names), ["files:read_file", "files:write_file"]);
  assert.deepEqual(similarNames("files:file", names, 1), ["files:read_file"]);
  for (const wanted of ["", "q", "\u{1f600}", "zzzzzz"]) {
    assert.deepEqual(similarNames(wanted, names), []);
  }
  assert.deepEqual(similarNames("x".repeat(1_000_000), names), []);
});
