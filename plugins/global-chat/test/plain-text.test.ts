import assert from "node:assert/strict";
import fc from "fast-check";
import { plainText } from "../plain-text.js";

describe("plainText", () => {
  const cases: [string, string, string][] = [
    ["plain text stays", "hello, wörld ✓", "hello, wörld ✓"],
    ["colours and fonts go", "[color=red]fire[/color] [font=default-bold]now[/font]", "fire now"],
    ["items become their names", "need [item=iron-plate] and [fluid=water]", "need iron-plate and water"],
    ["places become coordinates", "here: [gps=12.5,-3,nauvis]", "here: (12.5, -3)"],
    [
      "trains and blueprints name their kind",
      "[train=12] [train-stop=4] [special-item=internal_1]",
      "(train) (train-stop) (special-item)",
    ],
    ["a second line cannot pass for another player's", "hi\n[beta] Bob: I quit", "hi [beta] Bob: I quit"],
    ["halves of a tag do not join", "[col[font=x]or=red]boo", "boo"],
    ["direction marks go", "a\u202eb", "a b"],
    ["brackets that are no tag stay", "[alpha] is up [2/3]", "[alpha] is up [2/3]"],
  ];
  for (const [name, text, expected] of cases) {
    it(name, () => assert.equal(plainText(text, 500), expected));
  }

  it("cuts long text at a whole character", () => {
    assert.equal(plainText("😀".repeat(30), 20), `${"😀".repeat(19)}…`);
  });

  it("never leaves a tag, a line feed or too much", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."[]=/colrfnt1,\n x") }), (text) => {
        const plain = plainText(text, 100);
        assert.doesNotMatch(plain, /\[\/?(color|font)(=[^\]]*)?\]|\n/);
        assert.ok(Array.from(plain).length <= 100);
      }),
    );
  });
});
