import assert from "node:assert/strict";
import type { TSchema } from "typebox";
import { createAjvCompiler } from "./ajv.js";
import { DisplayName, PeerId, SaveName } from "./names.js";

const compile = createAjvCompiler();

describe("names", () => {
  accepts("a peer id", PeerId, ["a", "0", "h-1_x", "a".repeat(64)]);
  refuses("a peer id", PeerId, ["", "A", "-a", "a b", "a".repeat(65), "a\n", "ä"]);

  accepts("a display name", DisplayName, ["x", "North Base", "Nauvis #2", "東の工場", "😀", "a".repeat(80)]);
  refuses("a display name", DisplayName, ["", " x", "x ", "a\nb", "a\u0000", "\u007f", "a".repeat(81)]);

  accepts("a save name", SaveName, [
    "a.zip",
    "my save (2).zip",
    "_autosave1.zip",
    "конец.zip",
    "console.zip",
  ]);
  refuses("a save name", SaveName, [
    "",
    "a",
    ".zip",
    "..zip",
    "../a.zip",
    "a/b.zip",
    "a\\b.zip",
    "c:a.zip",
    "a?.zip",
    "CON.zip",
    "nul.zip",
    "Com1.zip",
    "aux.x.zip",
    "a\u0001.zip",
    "a.zip\n",
    `${"a".repeat(120)}.zip`,
  ]);
});

function accepts(what: string, schema: TSchema, values: string[]): void {
  for (const value of values) {
    it(`takes ${JSON.stringify(value)} as ${what}`, () => {
      assert.equal(compile(schema)(value), undefined);
    });
  }
}

function refuses(what: string, schema: TSchema, values: string[]): void {
  for (const value of values) {
    it(`refuses ${JSON.stringify(value)} as ${what}`, () => {
      assert.notEqual(compile(schema)(value), undefined);
    });
  }
}
