import assert from "node:assert/strict";
import { AppError, ERRORS, type ErrorCode } from "./errors.js";

describe("errors", () => {
  it("have a sentence, an HTTP status and an exit code that programs may use", () => {
    for (const [code, { text, status, exit }] of Object.entries(ERRORS)) {
      assert.match(code, /^[a-z]+(-[a-z]+)*$/);
      assert.match(text, /^[A-Z{]/, code);
      assert.doesNotMatch(text, /\.$/, code);
      assert.ok(status >= 400 && status <= 599, code);
      assert.ok([2, 3, 4, 5, 6, 7, 8, 10].includes(exit), code);
    }
  });

  it("fill their sentence from the details", () => {
    const error = new AppError("host-offline", { host: "north" });
    assert.equal(error.message, "The host north is not connected");
    assert.equal(error.status, 503);
    assert.equal(error.exitCode, 6);
    assert.equal(new AppError("host-offline").message, "The host ? is not connected");
  });

  it("do not read details as patterns", () => {
    assert.match(new AppError("bad-request", { reason: "$& {reason} $1" }).message, /: \$& \{reason\} \$1$/);
  });

  it("are equal again after a journey", () => {
    for (const code of Object.keys(ERRORS) as ErrorCode[]) {
      const sent = new AppError(code, { reason: "r", count: 3, yes: true });
      const payload = JSON.parse(JSON.stringify(sent.toPayload())) as ReturnType<AppError["toPayload"]>;
      const got = AppError.fromPayload(payload);
      assert.deepEqual([got.code, got.message, got.details], [sent.code, sent.message, sent.details]);
    }
  });

  it("of a newer peer become internal with the peer's words", () => {
    for (const code of ["not-invented-yet", "constructor", "__proto__"]) {
      const error = AppError.fromPayload({ code, message: "The moon is full" });
      assert.equal(error.code, "internal");
      assert.match(error.message, /The moon is full/);
    }
  });

  it("take in anything that was thrown, and keep it as the cause", () => {
    const bug = new TypeError("x is undefined");
    assert.equal(AppError.from(bug).code, "internal");
    assert.equal(AppError.from(bug).cause, bug);
    assert.match(AppError.from("a text").message, /a text/);
    const known = new AppError("cancelled");
    assert.equal(AppError.from(known), known);
  });
});
