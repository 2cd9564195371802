import assert from "node:assert/strict";
import { JsonFault, parseJsonText } from "./json-text.js";

describe("JSON files", () => {
  it("read as JSON", () => {
    const text = '{"a": [1, -2.5e3, true, null, "x\\u00e9\\n"], "b": {}, "__proto__": 1}';
    assert.deepEqual(JSON.stringify(parseJsonText(text)), JSON.stringify(JSON.parse(text)));
  });

  it("are refused in the game's words with the line", () => {
    const cases: [string, string, number][] = [
      ["", "Unexpected end of file", 1],
      ['{"a": 1,\n}', "Invalid comma before '}'", 2],
      ["[1,]", "Invalid comma before ']'", 1],
      ["{\n\n x", "Unexpected character (x)", 3],
      ['{"a" 1}', "Unexpected character (1)", 1],
      ['"abc', "Unterminated string", 1],
      ['"\\q"', "Invalid string escape", 1],
      ["{} 5", "Unexpected character (5)", 1],
      ['{"a": [1', "Unexpected end of file", 1],
    ];
    for (const [text, what, line] of cases) {
      assert.throws(
        () => parseJsonText(text),
        (error) => error instanceof JsonFault && error.what === what && error.line === line,
        text,
      );
    }
  });
});
