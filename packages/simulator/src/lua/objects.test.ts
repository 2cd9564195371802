import assert from "node:assert/strict";
import type { LuaObjectClass, LuaObjectRef, LuaValue } from "./types.js";
import { startTestVm, thrownBy, type TestVm } from "./vm.test.support.js";

interface Thing {
  values: Map<LuaValue, LuaValue>;
}

describe("objects in Lua", () => {
  let lua: TestVm;
  const plain: LuaObjectClass = {
    name: "LuaPlain",
    get: (handle, key) => {
      const { values } = handle as Thing;
      if (!values.has(key)) throw new Error(`LuaPlain doesn't contain key ${String(key)}.`);
      return values.get(key);
    },
    set: (handle, key, value) => void (handle as Thing).values.set(key, value),
  };
  const full: LuaObjectClass = {
    ...plain,
    name: "LuaFull",
    length: (handle) => (handle as Thing).values.size,
    entries: (handle) => [...(handle as Thing).values],
    call: (_handle, args) => [args.length, ...args],
    text: () => "[LuaFull]",
  };
  const thing = (...entries: [LuaValue, LuaValue][]): Thing => ({ values: new Map(entries) });

  beforeEach(async () => {
    lua = await startTestVm();
  });
  afterEach(() => lua.vm.close());

  it("read and write through their class", () => {
    const handle = thing(["name", "bob"]);
    lua.vm.globals.set("o", lua.vm.newObject(plain, handle));
    assert.deepEqual(lua.run("o.age = 5 o[1] = true return o.name, o.age, o[1], type(o)"), [
      "bob",
      5,
      true,
      "userdata",
    ]);
    assert.deepEqual(
      [...handle.values],
      [
        ["name", "bob"],
        ["age", 5],
        [1, true],
      ],
    );
    assert.deepEqual(lua.run("return pcall(function() return o.none end)"), [
      false,
      "LuaPlain doesn't contain key none.",
    ]);
  });

  it("iterate in their own order, and have a length, a call and a text", () => {
    lua.vm.globals.set("o", lua.vm.newObject(full, thing(["z", 1], [5, 2], [1, 3], ["a", undefined])));
    assert.deepEqual(
      lua.run(
        `local r = {} for k, v in pairs(o) do r[#r + 1] = k .. "=" .. tostring(v) end return table.concat(r, " ")`,
      ),
      ["z=1 5=2 1=3 a=nil"],
    );
    assert.deepEqual(lua.run("return #o, tostring(o), o(7, 8)"), [4, "[LuaFull]", 2, 7, 8]);
  });

  it("without these members raise the errors of any userdata", () => {
    lua.vm.globals.set("o", lua.vm.newObject(plain, thing()));
    const message = (source: string): string => thrownBy(() => lua.run(source)).message;
    assert.match(
      message("for k in pairs(o) do end"),
      /bad argument #1 to 'pairs' \(table expected, got userdata\)/,
    );
    assert.match(message("return #o"), /attempt to get length of global 'o' \(a userdata value\)/);
    assert.match(message("o()"), /attempt to call global 'o' \(a userdata value\)/);
    assert.match(message("return o + 1"), /attempt to perform arithmetic on global 'o'/);
    assert.match(String(lua.run("return tostring(o)")[0]), /^LuaPlain: \d+$/);
  });

  it("are one userdata per class and handle, and come back as the same reference", () => {
    const handle = thing();
    const object = lua.vm.newObject(plain, handle);
    assert.equal(lua.vm.newObject(plain, handle), object);
    assert.notEqual(lua.vm.newObject(full, handle), object);
    lua.vm.globals.set(
      "same",
      lua.vm.newFunction("same", () => lua.vm.newObject(plain, handle)),
    );
    assert.deepEqual(lua.run("local t = {} t[same()] = 1 return same() == same(), t[same()], same()"), [
      true,
      1,
      object,
    ]);
    assert.equal((lua.run("return same()")[0] as LuaObjectRef).handle, handle);
  });

  it("keep their identity in Lua while Lua holds them, and work after a collection", () => {
    const object = lua.vm.newObject(plain, thing(["x", 1]));
    lua.vm.globals.set("kept", object);
    lua.vm.collectGarbage();
    assert.deepEqual(lua.run("return kept == ...", object), [true]);
    lua.vm.globals.set("kept", undefined);
    lua.vm.collectGarbage();
    assert.equal(lua.vm.liveCounts().objects, 0);
    assert.deepEqual(lua.run("kept = ... return kept.x, kept == ...", object), [1, true]);
    const again = lua.vm.newObject(plain, object.handle);
    assert.deepEqual(lua.run("return kept == ...", again), [true]);
  });

  it("take numbers and strings as handles", () => {
    const byName: LuaObjectClass = {
      name: "LuaNamed",
      get: (handle, key) => `${String(handle)}.${String(key)}`,
      set: () => undefined,
    };
    assert.deepEqual(lua.run("return ..., (...).x", lua.vm.newObject(byName, "bob"))[1], "bob.x");
    assert.equal(lua.vm.newObject(byName, 5), lua.vm.newObject(byName, 5));
  });

  it("do not show their metatable", () => {
    const object = lua.vm.newObject(plain, thing());
    assert.deepEqual(lua.run("return getmetatable(...), pcall(setmetatable, ..., {})", object).slice(0, 2), [
      "private",
      false,
    ]);
  });
});
