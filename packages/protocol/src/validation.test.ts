import assert from "node:assert/strict";
import { Type, type TSchema } from "typebox";
import { createAjvCompiler } from "./ajv.js";
import { cachedCompiler } from "./validation.js";

describe("validation", () => {
  it("names the place of what is wrong", () => {
    const validate = createAjvCompiler()(Type.Object({ players: Type.Array(Type.String()) }));
    assert.equal(validate({ players: ["a"] }), undefined);
    assert.match(validate({ players: ["a", 5] }) ?? "", /^\/players\/1 /);
    assert.match(validate({}) ?? "", /players/);
    assert.match(validate(null) ?? "", /object/);
  });

  it("names a property that should not be there", () => {
    const strict = Type.Object({ a: Type.Integer() }, { additionalProperties: false });
    assert.match(createAjvCompiler()(strict)({ a: 1, b: 2 }) ?? "", /: b$/);
  });

  it("does not change what it looks at", () => {
    const value = { a: "1", more: true };
    assert.notEqual(createAjvCompiler()(Type.Object({ a: Type.Integer() }))(value), undefined);
    assert.deepEqual(value, { a: "1", more: true });
  });

  it("compiles each schema once, at its first use", () => {
    const compiled: TSchema[] = [];
    const compile = cachedCompiler((schema) => {
      compiled.push(schema);
      return () => undefined;
    });
    const [one, other] = [Type.String(), Type.String()];
    assert.equal(compile(one), compile(one));
    assert.notEqual(compile(one), compile(other));
    assert.deepEqual(compiled.length, 2);
  });
});
