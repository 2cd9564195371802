import assert from "node:assert/strict";
import fc from "fast-check";
import { LuaError, type LuaObjectClass, type LuaTableRef, type LuaValue } from "./types.js";
import { startTestVm, thrownBy, type TestVm } from "./vm.test.support.js";

type Key = string | number | boolean;
type Tree = undefined | string | number | boolean | Uint8Array | [Key, Tree][];

const noObjects = (): never => assert.fail("there are no objects");

describe("serialize", () => {
  let lua: TestVm;
  before(async () => {
    lua = await startTestVm();
  });
  after(() => lua.vm.close());

  const copy = (value: LuaValue): LuaValue =>
    lua.vm.deserialize(lua.vm.serialize(value, noObjects), noObjects);

  const build = (tree: Tree): LuaValue =>
    Array.isArray(tree) ? lua.vm.newTable(tree.map(([key, value]) => [key, build(value)] as const)) : tree;
  const read = (value: LuaValue): unknown =>
    typeof value === "object" && "entries" in value && !(value instanceof Uint8Array)
      ? value.entries().map(([key, each]) => [key, read(each)])
      : value;

  it("restores scalars exactly", () => {
    const scalars = [
      undefined,
      true,
      false,
      0,
      -0,
      1,
      -1,
      2 ** 53,
      -(2 ** 53),
      2 ** 60,
      0.1,
      NaN,
      Infinity,
      -Infinity,
      5e-324,
    ];
    for (const value of [...scalars, "", "é\0", "x".repeat(1000), Uint8Array.of(255, 0, 128)])
      assert.deepEqual(copy(value), value);
  });

  it("restores any tree with the order of its tables", () => {
    const key = fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.integer({ min: -5, max: 2000 }),
      fc.boolean(),
      fc.double({ noNaN: true }).map((n) => n + 0),
    );
    const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
      tree: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        fc.oneof(fc.string({ unit: "binary" }), fc.double(), fc.integer(), fc.boolean()),
        fc.uniqueArray(fc.tuple(key, tie("tree") as fc.Arbitrary<Tree>), {
          selector: ([each]) => each,
          maxLength: 12,
        }),
      ),
    }));
    fc.assert(
      fc.property(tree, (each) => {
        const original = build(each);
        assert.deepEqual(read(copy(original)), read(original));
      }),
      { numRuns: 300 },
    );
  });

  it("keeps shared references and cycles, in keys too, and drops metatables", () => {
    lua.run(`local shared = {1} original = setmetatable({a = shared, b = shared, [shared] = "key"}, {__index = error})
      original.self = original original.list = {original, {original}}`);
    lua.vm.globals.set("restored", copy(lua.vm.globals.get("original")));
    assert.deepEqual(
      lua.run(
        `local r = restored return r.a == r.b, r[r.a], r.self == r, r.list[1] == r, r.list[2][1] == r, r.a[1], getmetatable(r)`,
      ),
      [true, "key", true, true, true, 1, undefined],
    );
  });

  it("manages deep chains and large tables", () => {
    lua.run(`chain = {} local t = chain for i = 1, 100000 do t.next = {i} t = t.next end
      large = {} for i = 1, 100000 do large[i] = "text" .. i % 100 end`);
    lua.vm.globals.set("chain2", copy(lua.vm.globals.get("chain")));
    const bytes = lua.vm.serialize(lua.vm.globals.get("large"), noObjects);
    assert.ok(bytes.length < 700_000, "strings are stored once");
    lua.vm.globals.set("large2", lua.vm.deserialize(bytes, noObjects));
    assert.deepEqual(
      lua.run(`local n, t = 0, chain2 while t.next do t = t.next n = n + 1 end
        for i, v in ipairs(large) do assert(large2[i] == v) end return n, #large2`),
      [100000, 100000],
    );
  });

  it("stores objects by their description, each once", () => {
    const objectClass: LuaObjectClass = { name: "LuaThing", get: () => undefined, set: () => undefined };
    const first = lua.vm.newObject(objectClass, "first");
    const second = lua.vm.newObject(objectClass, "second");
    const table = lua.vm.newTable([
      ["a", first],
      ["b", second],
      ["c", first],
      [first, "as key"],
      ["gone", lua.vm.newObject(objectClass, "gone")],
    ]);
    const described: string[] = [];
    const bytes = lua.vm.serialize(table, (object) => {
      described.push(String(object.handle));
      return `${object.className} ${String(object.handle)}`;
    });
    assert.deepEqual(described, ["first", "second", "gone"]);
    const restored = lua.vm.deserialize(bytes, (description) => {
      const handle = description.replace("LuaThing ", "");
      return handle === "gone" ? undefined : lua.vm.newObject(objectClass, handle);
    }) as LuaTableRef;
    assert.deepEqual(restored.entries(), [
      ["a", first],
      ["b", second],
      ["c", first],
      [first, "as key"],
    ]);
  });

  it("refuses functions and says where they are", () => {
    const refused = (source: string): string => {
      const error = thrownBy(() => lua.vm.serialize(lua.run(source)[0], noObjects));
      assert.ok(error instanceof LuaError);
      return error.message;
    };
    assert.equal(refused("return print"), "Can't serialize function");
    assert.equal(refused("return {on_tick = print}"), "Can't serialize function at on_tick");
    assert.equal(refused("return {a = {b = {1, {c = print}}}}"), "Can't serialize function at a.b.2.c");
    assert.match(refused("return {[print] = 1}"), /^Can't serialize function/);
    assert.throws(() => lua.vm.serialize(lua.run("return {print}")[0], noObjects), /function at 1$/);
  });

  it("passes on what the callbacks throw", () => {
    const objectClass: LuaObjectClass = { name: "LuaThing", get: () => undefined, set: () => undefined };
    const object = lua.vm.newObject(objectClass, 1);
    const failing = (): never => {
      throw new Error("can't be stored");
    };
    assert.throws(() => lua.vm.serialize(object, failing), /^LuaError: can't be stored$/);
    const bytes = lua.vm.serialize(object, () => "x");
    assert.throws(() => lua.vm.deserialize(bytes, failing), /^LuaError: can't be stored$/);
  });

  it("refuses damaged bytes without harm", () => {
    const bytes = lua.vm.serialize(lua.run(`return {1, "two", {x = 3.5, y = {}}, true}`)[0], noObjects);
    assert.throws(() => lua.vm.deserialize(Uint8Array.of(9), noObjects), /unknown version/);
    assert.throws(() => lua.vm.deserialize(new Uint8Array(0), noObjects), /damaged/);
    for (let end = 0; end < bytes.length; end++)
      assert.throws(() => lua.vm.deserialize(bytes.subarray(0, end), noObjects), LuaError);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (random) => {
        try {
          lua.vm.deserialize(Uint8Array.of(1, ...random), (text) => text);
        } catch (error) {
          assert.ok(error instanceof LuaError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
