import assert from "node:assert/strict";
import fc from "fast-check";
import type { LuaTableRef, LuaValue } from "./types.js";
import { startTestVm, type TestVm } from "./vm.test.support.js";

describe("JSON of tables", () => {
  let lua: TestVm;
  before(async () => {
    lua = await startTestVm();
  });
  after(() => lua.vm.close());

  const json = (expression: string): string => lua.vm.tableToJson(lua.run(`return ${expression}`)[0]);

  it("writes empty tables as objects, sequences as lists, all else as objects in their order", () => {
    assert.equal(json("{}"), "{}");
    assert.equal(json("{1, 2, {}}"), "[1,2,{}]");
    assert.equal(json("{b = 1, a = {true, false}}"), `{"b":1,"a":[true,false]}`);
    assert.equal(json("{1, 2, x = 3}"), `{"1":1,"2":2,"x":3}`);
    assert.equal(json("{[2] = 1}"), `{"2":1}`);
    assert.equal(json("{[1.5] = 1, [true] = 2, [-1] = 3}"), `{"1.5":1,"true":2,"-1":3}`);
  });

  it("writes whole numbers without a point and all decimals of the others", () => {
    assert.equal(
      json("{0, -0.0, 1, -1, 2^53, 2^53 + 2, 1e20}"),
      "[0,-0,1,-1,9007199254740992,9007199254740994,100000000000000000000]",
    );
    assert.equal(json("{2271 + 2/3}"), "[2271.66666666666651508421637117862701416015625]");
    assert.equal(json("{3.1}"), "[3.100000000000000088817841970012523233890533447265625]");
    assert.equal(json("{0.31}"), "[0.309999999999999997779553950749686919152736663818359375]");
    assert.equal(json("{0.5, -0.25}"), "[0.5,-0.25]");
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        const text = lua.vm.tableToJson(lua.vm.newTable([[1, number]])).slice(1, -1);
        assert.ok(Object.is(Number(text), number) && !/[eE]|\.\d*0$/.test(text), text);
      }),
    );
  });

  it("writes nan and inf bare", () => {
    assert.equal(json("{1/0, -1/0}"), "[inf,-inf]");
    assert.match(json("{0/0}"), /^\[-?nan\]$/);
  });

  it("escapes what JSON demands and passes all other bytes", () => {
    assert.equal(
      json(String.raw`{"\"\\/\b\f\n\r\t\0\31\127é"}`),
      String.raw`["\"\\/\b\f\n\r\t\u0000\u001f` + '\x7fé"]',
    );
    const [table] = lua.run(`return {"\\255"}`);
    assert.deepEqual(lua.vm.tableToJsonValue(table), Uint8Array.from(Buffer.from('["\xff"]', "latin1")));
  });

  it("refuses functions, objects, odd keys and cycles", () => {
    assert.throws(() => json("{print}"), /Can't convert function to JSON/);
    assert.throws(() => json("{[print] = 1}"), /Can't convert key of type function to JSON/);
    lua.run("t = {} t.t = t");
    assert.throws(() => json("t"), /too many levels/);
    const object = lua.vm.newObject({ name: "LuaThing", get: () => undefined, set: () => undefined }, 1);
    assert.throws(
      () => lua.vm.tableToJson(lua.vm.newTable([["x", object]])),
      /Can't convert userdata to JSON/,
    );
  });
});

describe("tables of JSON", () => {
  let lua: TestVm;
  before(async () => {
    lua = await startTestVm();
  });
  after(() => lua.vm.close());

  /** Plain data again: tables with a list part become arrays. */
  const plain = (value: LuaValue): unknown => {
    if (typeof value !== "object" || value instanceof Uint8Array || value.type !== "table") return value;
    const entries = value.entries();
    return value.length() > 0
      ? entries.map(([, each]) => plain(each))
      : Object.fromEntries(entries.map(([key, each]) => [String(key), plain(each)]));
  };

  it("reads what JSON.stringify writes", () => {
    const withoutEmpty = fc
      .jsonValue({ noUnicodeString: false } as never)
      .filter((value) => !/null|\[\]|__proto__/.test(JSON.stringify(value)));
    fc.assert(
      fc.property(withoutEmpty, fc.constantFrom(0, 2), (value, indent) => {
        assert.deepEqual(plain(lua.vm.jsonToTable(JSON.stringify(value, null, indent))), value);
      }),
      { numRuns: 100 },
    );
  });

  it("reads back any number it wrote", () => {
    for (const number of [0.1, 0.31, 1e-300, 123456789.125, 2 ** 60, -5, 1.7976931348623157e308])
      assert.equal(lua.vm.jsonToTable(lua.vm.tableToJson(number)), number);
    assert.deepEqual(
      [lua.vm.jsonToTable("1e3"), lua.vm.jsonToTable("-2.5E-3"), lua.vm.jsonToTable("0")],
      [1000, -0.0025, 0],
    );
  });

  it("drops null members and keeps the places of a list with null", () => {
    const table = lua.vm.jsonToTable(`{"a": null, "b": [1, null, 3]}`) as LuaTableRef;
    assert.deepEqual(
      table.entries().map(([key]) => key),
      ["b"],
    );
    assert.deepEqual((table.get("b") as LuaTableRef).entries(), [
      [1, 1],
      [3, 3],
    ]);
    assert.equal(lua.vm.jsonToTable("null"), undefined);
  });

  it("reads escapes, halves of surrogate pairs as U+FFFD, and raw bytes", () => {
    assert.equal(lua.vm.jsonToTable(String.raw`"\u00e9\ud83d\ude00\n\/\"\\\u0000"`), 'é😀\n/"\\\0');
    assert.equal(lua.vm.jsonToTable(String.raw`"\ud83dx\ude00"`), "\ufffdx\ufffd");
    assert.deepEqual(lua.vm.jsonToTable(Buffer.from('"\xff"', "latin1")), Uint8Array.of(255));
  });

  it("gives undefined for what is malformed", () => {
    const malformed = ["", " ", "{", "[", "[1,]", "{,}", `{"a"}`, `{"a":}`, `{a:1}`, "01", "1.", ".5", "-", "1e", "+1", "nan", "tru", `"`,
      `"\n"`, `"\\x"`, `"\\u12"`, "1 2", "[1] x", "'a'", "{}{}", "\0", "[\0]", "[".repeat(100_000)]; // prettier-ignore
    for (const text of malformed)
      assert.equal(lua.vm.jsonToTable(text), undefined, JSON.stringify(text.slice(0, 20)));
  });
});
