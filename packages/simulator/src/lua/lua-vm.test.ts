import assert from "node:assert/strict";
import fc from "fast-check";
import type { LuaFunctionRef, LuaTableRef, LuaValue } from "./types.js";
import { startTestVm, thrownBy, type TestVm } from "./vm.test.support.js";

describe("Lua VM", () => {
  let lua: TestVm;
  beforeEach(async () => {
    lua = await startTestVm();
  });
  afterEach(() => lua.vm.close());

  it("starts in a time that tests can afford", async () => {
    const started = performance.now();
    const other = await startTestVm();
    const elapsedMs = performance.now() - started;
    other.vm.close();
    console.log(`      a VM starts in ${elapsedMs.toFixed(1)} ms`);
    assert.ok(elapsedMs < 5000);
  });

  it("passes values both ways unchanged", () => {
    const echo = lua.vm.load("return ...", "echo");
    const value = fc.oneof(
      fc.constant(undefined),
      fc.boolean(),
      fc.double(),
      fc.integer(),
      fc.string({ unit: "grapheme", maxLength: 200 }),
      fc.constant("x".repeat(100_000)),
    );
    fc.assert(
      fc.property(fc.array(value, { maxLength: 60 }), (values) => {
        assert.deepEqual(echo.call(...values), values);
      }),
    );
  });

  it("keeps strings that are not UTF-8 as bytes, and takes bytes for strings", () => {
    const echo = lua.vm.load("return ..., #...", "echo");
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const [result, length] = echo.call(bytes);
        assert.equal(length, bytes.length);
        assert.deepEqual(typeof result === "string" ? new TextEncoder().encode(result) : result, bytes);
      }),
    );
    assert.deepEqual(echo.call(Uint8Array.of(0xc3, 0x28))[0], Uint8Array.of(0xc3, 0x28));
    assert.equal(echo.call(Uint8Array.of(0xc3, 0xa9))[0], "é");
  });

  it("gives access to tables", () => {
    const table = lua.vm.newTable([
      ["a", 1],
      [1, "x"],
    ]);
    table.set("b", lua.vm.newTable());
    lua.vm.globals.set("t", table);
    assert.deepEqual(lua.run("t.b.c = true return t.a, t[1], #t"), [1, "x", 1]);
    assert.equal((table.get("b") as LuaTableRef).get("c"), true);
    assert.deepEqual(
      table.entries().map(([key]) => key),
      [1, "a", "b"],
    );
    assert.equal(table.length(), 1);
    table.set("a", undefined);
    assert.equal(table.get("a"), undefined);
  });

  it("reads and writes tables without their metamethods", () => {
    const [table] = lua.run(
      `return setmetatable({}, {__index = function() error("no") end, __newindex = error, __len = error})`,
    );
    (table as LuaTableRef).set("x", 1);
    assert.equal((table as LuaTableRef).get("y"), undefined);
    assert.equal((table as LuaTableRef).length(), 0);
  });

  it("calls JavaScript functions with any number of arguments and results", () => {
    const reversed = lua.vm.newFunction("reversed", (args) => [...args].reverse());
    lua.vm.globals.set("reversed", reversed);
    assert.deepEqual(lua.run("return reversed(1, nil, 'x')"), ["x", undefined, 1]);
    assert.deepEqual(lua.run("return reversed()"), []);
    assert.deepEqual(
      lua.run(
        "return #{reversed(table.unpack({}, 1, 3000)), 1}, select('#', reversed(table.unpack({}, 1, 3000)))",
      ),
      [2, 3000],
    );
    lua.vm.globals.set(
      "one",
      lua.vm.newFunction("one", () => 1),
    );
    assert.deepEqual(lua.run("return one()"), [1]);
  });

  it("prints to the host, with tabs between and as tostring says", () => {
    lua.run(
      `print("a", 1, nil, true, setmetatable({}, {__tostring = function() return "own" end})) print() print("\\255\\233")`,
    );
    assert.deepEqual(lua.printed, ["a\t1\tnil\ttrue\town", "", "ÿé"]);
  });

  it("offers the libraries of the game and nothing else", () => {
    const [names] = lua.run(
      `local names = {} for k in pairs(_G) do names[#names + 1] = k end table.sort(names) return table.concat(names, " ")`,
    );
    assert.equal(
      names,
      "_G _VERSION assert bit32 collectgarbage debug error getmetatable ipairs load loadstring math next pairs pcall print " +
        "rawequal rawget rawlen rawset require select setmetatable string table table_size tonumber tostring type unpack xpcall",
    );
    assert.deepEqual(
      lua.run(
        "return string.dump, debug.sethook, debug.getregistry, type(debug.getinfo), type(debug.traceback)",
      ),
      [undefined, undefined, undefined, "function", "function"],
    );
    assert.deepEqual(
      lua.run(`return collectgarbage("count") > 0, collectgarbage(), collectgarbage("stop")`),
      [true, 0, 0],
    );
    assert.deepEqual(
      lua.run(`return table_size({1, 2, x = 3}), table_size({}), pcall(table_size, 1)`).slice(0, 3),
      [3, 0, false],
    );
  });

  it("packs and unpacks binary strings", () => {
    const [packed, size, ...values] = lua.run(
      `local s = string.pack("<I2 >i4 z s1 d f B", 258, -2, "zero", "len", 1.5, 0.25, 255)
       return s, string.packsize("<i4 !8 d j"), string.unpack("<I2 >i4 z s1 d f B", s)`,
    );
    assert.ok(packed instanceof Uint8Array);
    assert.equal(size, 24);
    assert.deepEqual(values, [258, -2, "zero", "len", 1.5, 0.25, 255, packed.length + 1]);
    assert.match(String(lua.run(`return select(2, pcall(string.pack, "I1", 256))`)[0]), /unsigned overflow/);
    assert.match(
      String(lua.run(`return select(2, pcall(string.pack, "i4", 1.5))`)[0]),
      /no integer representation/,
    );
    assert.match(String(lua.run(`return select(2, pcall(string.unpack, "i4", "abc"))`)[0]), /too short/);
  });

  it("draws the same random numbers in every VM, and others after another seed", async () => {
    const draw = "local r = {} for i = 1, 5 do r[i] = math.random(1, 1000) end return table.concat(r, ' ')";
    const other = await startTestVm();
    const first = lua.run(draw)[0];
    assert.equal(other.run(`math.randomseed(99) ${draw}`)[0], first);
    lua.vm.seedRandom(1);
    assert.notEqual(lua.run(draw)[0], first);
    lua.vm.seedRandom(0);
    assert.equal(lua.run(draw)[0], first);
    other.vm.close();
    const [low, high, mean] = lua.run(`local low, high, sum = 1, 0, 0
      for i = 1, 20000 do local r = math.random() low = math.min(low, r) high = math.max(high, r) sum = sum + r end
      return low, high, sum / 20000`) as [number, number, number];
    assert.ok(low >= 0 && low < 0.01 && high < 1 && high > 0.99 && Math.abs(mean - 0.5) < 0.02);
  });

  it("does not leak references, functions or objects", () => {
    const objectClass = { name: "LuaThing", get: (): LuaValue => undefined, set: (): void => undefined };
    lua.vm.collectGarbage();
    const before = lua.vm.liveCounts();
    const usedBefore = lua.vm.memoryUsedBytes();
    const echo = lua.vm.load("return {...}", "echo");
    for (let i = 0; i < 10_000; i++) {
      const callback = lua.vm.newFunction("f", () => i);
      const table = lua.vm.newTable([["f", callback]]);
      const [copy] = echo.call(table, lua.vm.newObject(objectClass, { i }));
      (copy as LuaTableRef).release();
      table.release();
      callback.release();
    }
    echo.release();
    lua.vm.collectGarbage();
    assert.deepEqual(lua.vm.liveCounts(), before);
    assert.ok(lua.vm.memoryUsedBytes() - usedBefore < 1_000_000);
  });

  it("releases references that JavaScript forgot", async function () {
    if (globalThis.gc === undefined) {
      console.log("      skipped: needs node --expose-gc");
      return this.skip();
    }
    const before = lua.vm.liveCounts().refs;
    for (let i = 0; i < 1000; i++) lua.vm.newTable();
    await new Promise(setImmediate);
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(lua.vm.liveCounts().refs < before + 500);
  });

  it("is quick enough to be called for every event", () => {
    lua.vm.globals.set(
      "add",
      lua.vm.newFunction("add", ([a, b]) => Number(a) + Number(b)),
    );
    const started = performance.now();
    assert.deepEqual(lua.run("local s = 0 for i = 1, 200000 do s = add(s, i) end return s"), [20000100000]);
    const echo = lua.vm.load("return ...", "echo");
    for (let i = 0; i < 200_000; i++) echo.call(i);
    assert.ok(performance.now() - started < 10_000);
  });
});

describe("limits of the Lua VM", () => {
  it("raise 'not enough memory', which Lua can catch and recover from", async () => {
    const { vm, run } = await startTestVm({ memoryLimitBytes: 8 * 1024 * 1024 });
    const fill = `local t = {} for i = 1, 1e9 do t[i] = "text " .. i end`;
    assert.equal(thrownBy(() => run(fill)).message, "not enough memory");
    assert.deepEqual(run(`return pcall(function() ${fill} end)`), [false, "not enough memory"]);
    assert.equal(run(`return pcall(string.rep, "x", 1e9)`)[1], "not enough memory");
    assert.match(thrownBy(() => vm.globals.set("s", "x".repeat(9e6))).message, /not enough memory/);
    assert.match(thrownBy(() => vm.load(`return "${"x".repeat(9e6)}"`, "c")).message, /not enough memory/);
    assert.ok(vm.memoryUsedBytes() <= 8 * 1024 * 1024);
    vm.collectGarbage();
    assert.ok(vm.memoryUsedBytes() < 1024 * 1024);
    assert.deepEqual(run("return 1 + 1"), [2]);
    vm.close();
  });

  it("leave tables whole when memory ends while they grow", async () => {
    const { vm, run } = await startTestVm({ memoryLimitBytes: 3 * 1024 * 1024 });
    const [kept, counted, sum] = run(`local t, n = {}, 0
      pcall(function() for i = 1, 1e9 do t["k" .. i] = i n = i end end)
      local counted, sum = 0, 0 for k, v in pairs(t) do counted = counted + 1 sum = sum + v end
      return n, counted, sum`) as [number, number, number];
    assert.ok(kept > 1000);
    assert.equal(counted, kept);
    assert.equal(sum, (kept * (kept + 1)) / 2);
    vm.close();
  });

  it("call the instruction hook once per budget, and stop a script when it throws", async () => {
    const { vm, run } = await startTestVm();
    let calls = 0;
    vm.setInstructionHook(10_000, () => calls++);
    run("for i = 1, 100000 do end");
    assert.ok(calls >= 9 && calls <= 11, `${calls} calls`);
    vm.setInstructionHook(10_000, () => {
      throw new Error("script takes too long");
    });
    assert.equal(thrownBy(() => run("while true do end")).message, "script takes too long");
    assert.equal(
      thrownBy(() => run("while true do pcall(function() while true do end end) error('x') end")).message
        .length > 0,
      true,
    );
    vm.setInstructionHook(0, () => assert.fail("the hook is off"));
    run("for i = 1, 100000 do end");
    vm.close();
  });
});

describe("require", () => {
  const modules = new Map([
    ["lib/a", "loads = (loads or 0) + 1 return {name = ...}"],
    ["lib/nothing", "touched = true"],
    ["lib/loop", `return require("lib.loop")`],
    ["lib/broken", "local x = nil\nreturn x.y"],
    ["lib/syntax", "return ="],
    ["lib/outer", `return require("lib.a").name .. "!"`],
  ]);
  let lua: TestVm;
  beforeEach(async () => {
    lua = await startTestVm({
      resolveModule: (name) => {
        const path = name.replaceAll(".", "/");
        const source = modules.get(path);
        return source === undefined
          ? undefined
          : { source: Buffer.from(source), chunkName: `__level__/${path}.lua` };
      },
    });
    lua.vm.setRequireAllowed(true);
  });
  afterEach(() => lua.vm.close());

  it("loads a module once, with dots and slashes being equal", () => {
    assert.deepEqual(lua.run(`return require("lib.a") == require("lib/a"), loads, require("lib.a").name`), [
      true,
      1,
      "lib.a",
    ]);
    assert.deepEqual(lua.run(`return require("lib.nothing"), touched, require("lib.outer")`), [
      true,
      true,
      "lib.a!",
    ]);
  });

  it("is refused outside of the parsing of control.lua", () => {
    lua.run(`require("lib.a")`);
    lua.vm.setRequireAllowed(false);
    assert.equal(
      thrownBy(() => lua.run(`require("lib.a")`)).message,
      "Require can't be used outside of control.lua parsing.",
    );
  });

  it("names what is missing, circular or broken, with the whole traceback", () => {
    assert.match(thrownBy(() => lua.run(`require("lib.none")`)).message, /module lib.none not found/);
    assert.match(
      thrownBy(() => lua.run(`require("lib.loop")`)).message,
      /loop or previous error loading module 'lib.loop'/,
    );
    assert.match(
      thrownBy(() => lua.run(`require("lib.syntax")`)).message,
      /^__level__\/lib\/syntax.lua:1: unexpected symbol/,
    );
    const broken = thrownBy(() => lua.run(`require("lib.broken")`)) as Error & { traceback: string };
    assert.equal(broken.message, "__level__/lib/broken.lua:2: attempt to index local 'x' (a nil value)");
    assert.match(broken.traceback, /lib\/broken.lua:2: in main chunk|lib\/broken.lua:2: in function/);
    assert.match(broken.traceback, /\[C\]: in function 'require'\n\t__level__\/control.lua:1: in main chunk/);
  });

  it("is a function that scripts may wrap", () => {
    lua.run(`local original = require function require(name) return original("lib." .. name) end`);
    assert.equal((lua.run(`return require("a")`)[0] as LuaTableRef).get("name"), "lib.a");
    assert.equal((lua.vm.globals.get("require") as LuaFunctionRef).type, "function");
  });
});
