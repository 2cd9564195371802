import assert from "node:assert/strict";
import fc from "fast-check";
import { AppError } from "@switchyard/protocol";
import { decodeFrame, encodeFrame, type Frame } from "./frame.js";

const MAX = { maxBytes: 1000 };
/** Letters of each length in UTF-8, line ends of all kinds, and half a letter. */
const text = fc
  .array(fc.constantFrom("a", '"', "{", "}", "\n", "\r", "\0", "é", "€", "😀", "\u2028", "\ud800"), {
    maxLength: 200,
  })
  .map((letters) => letters.join(""));

describe("frames", () => {
  it("are a header line and the payload as it came", () => {
    const frame: Frame = {
      header: { t: "event", n: 3, a: 2, s: "host/a", d: "controller", m: "x" },
      payload: '{ "as":  "written" }',
    };
    const text = encodeFrame(frame);
    assert.equal(text.split("\n")[1], frame.payload);
    assert.deepEqual(decodeFrame(text, MAX), frame);
  });

  it("keep any payload, also one with line feeds", () => {
    fc.assert(
      fc.property(text, (payload) => {
        const frame: Frame = { header: { t: "response", n: 1, s: "a", d: "b", i: "1" }, payload };
        assert.deepEqual(decodeFrame(encodeFrame(frame), { maxBytes: 10_000 }), frame);
      }),
    );
  });

  const malformed: [string, string][] = [
    ["an empty text", ""],
    ["no line feed", '{"t":"ack","a":1}'],
    ["a header that is not JSON", "{t:1}\n"],
    ["a header that is no object", "[]\n"],
    ["null", "null\n"],
    ["an unknown type", '{"t":"shout"}\n'],
    ["a type from the prototype", '{"t":"constructor"}\n'],
    ["an event without a number", '{"t":"event","s":"a","d":"b","m":"x"}\n{}'],
    ["a negative number", '{"t":"event","n":-1,"s":"a","d":"b","m":"x"}\n{}'],
    ["a fraction as ack", '{"t":"ack","a":1.5}\n'],
    ["a request without an id", '{"t":"request","n":1,"s":"a","d":"b","m":"x"}\n{}'],
    ["a request without a name", '{"t":"request","n":1,"s":"a","d":"b","i":"1"}\n{}'],
    ["a response without a source", '{"t":"response","n":1,"d":"b","i":"1"}\n{}'],
    ["an address that is a number", '{"t":"event","n":1,"s":1,"d":"b","m":"x"}\n{}'],
    ["a very long id", `{"t":"request","n":1,"s":"a","d":"b","m":"x","i":"${"1".repeat(201)}"}\n{}`],
  ];
  for (const [what, text] of malformed) {
    it(`refuse ${what}`, () => {
      assert.throws(() => decodeFrame(text, MAX), isError("malformed-frame"));
    });
  }

  it("never throw anything but AppErrors, whatever comes", () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.json()), (header) => {
        try {
          decodeFrame(`${header}\n`, MAX);
        } catch (error) {
          assert.ok(error instanceof AppError);
        }
      }),
    );
  });

  it("are measured in UTF-8 bytes, and before they are parsed", () => {
    for (const letter of ["a", "é", "€", "😀"]) {
      const bytes = Buffer.byteLength(letter);
      const fits = letter.repeat(Math.floor(1000 / bytes));
      assert.throws(() => decodeFrame(fits, MAX), isError("malformed-frame"));
      assert.throws(() => decodeFrame(fits + letter, MAX), isError("frame-too-large"));
    }
  });
});

function isError(code: string) {
  return (error: unknown) => error instanceof AppError && error.code === code;
}
