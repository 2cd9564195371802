import assert from "node:assert/strict";
import { LuaError, type LuaFunctionRef, type LuaValue } from "./types.js";
import { startTestVm, thrownBy, type TestVm } from "./vm.test.support.js";

describe("Lua errors", () => {
  let lua: TestVm;
  before(async () => {
    lua = await startTestVm();
    lua.vm.globals.set(
      "boom",
      lua.vm.newFunction("boom", ([message]) => {
        throw new Error(String(message));
      }),
    );
  });
  after(() => lua.vm.close());

  const failure = (source: string, ...args: LuaValue[]): LuaError => {
    const error = thrownBy(() => lua.run(source, ...args));
    assert.ok(error instanceof LuaError, error.stack);
    return error;
  };

  it("carry the position and a traceback from where they were raised", () => {
    const error = failure(`local function inner()
      local t = nil
      t.x = 1
    end
    local function outer() inner() return 1 end
    outer()`);
    assert.equal(error.message, "__level__/control.lua:3: attempt to index local 't' (a nil value)");
    assert.equal(
      error.traceback,
      `stack traceback:
\t__level__/control.lua:3: in function 'inner'
\t__level__/control.lua:5: in function 'outer'
\t__level__/control.lua:6: in main chunk`,
    );
  });

  it("show functions without a name by their line, and those of the host by name", () => {
    const [nameless] = lua.run(`return function() boom("x") end`);
    const error = thrownBy(() => (nameless as LuaFunctionRef).call()) as LuaError;
    assert.equal(
      error.traceback,
      "stack traceback:\n\t[C]: in function 'boom'\n\t__level__/control.lua:1: in function <__level__/control.lua:1>",
    );
    const direct = lua.vm.newFunction("script.on_event", () => {
      throw new Error("no");
    });
    assert.match(thrownBy(() => direct.call()).message, /^no$/);
    const traceback = (thrownBy(() => direct.call()) as LuaError).traceback;
    assert.equal(traceback, "stack traceback:\n\t[C]: in function 'script.on_event'");
  });

  it("of syntax carry Lua's message and no traceback", () => {
    const error = failure("x = = 1");
    assert.equal(error.message, "__level__/control.lua:1: unexpected symbol near '='");
    assert.equal(error.traceback, "");
  });

  it("refuse binary chunks", () => {
    assert.match(failure("\x1bLua").message, /attempt to load a binary chunk/);
    assert.deepEqual(lua.run(`return load("\\27Lua", "x", "b")`), [
      undefined,
      "attempt to load a binary chunk (mode is 't')",
    ]);
  });

  it("that are no strings are named by their type or __tostring", () => {
    assert.equal(failure("error({})").message, "(error object is a table value)");
    assert.equal(failure("error(nil)").message, "(error object is a nil value)");
    assert.equal(failure("error(5, 0)").message, "5");
    assert.equal(
      failure(`error(setmetatable({}, {__tostring = function() return "own" end}))`).message,
      "own",
    );
  });

  it("have the message of the JavaScript exception, unchanged, and its object as cause", () => {
    const error = failure(`boom("LuaGameScript doesn't contain key x.")`);
    assert.equal(error.message, "LuaGameScript doesn't contain key x.");
    assert.ok(error.cause instanceof Error);
    assert.deepEqual(lua.run(`return pcall(boom, "caught")`), [false, "caught"]);
  });

  it("keep message and first traceback through any number of JavaScript frames", () => {
    lua.run(`function deepest() local x = nil; return x.y end`);
    lua.vm.globals.set(
      "through",
      lua.vm.newFunction("through", () => (lua.vm.globals.get("deepest") as LuaFunctionRef).call()),
    );
    const error = failure(`local function caller() through() end caller()`);
    assert.equal(error.message, "__level__/control.lua:1: attempt to index local 'x' (a nil value)");
    assert.match(
      error.traceback,
      /^stack traceback:\n\t__level__\/control.lua:1: in function <.*\n\t\[C\]: in function 'through'/,
    );
  });

  it("end runaway recursion of Lua, of JavaScript and Lua in turn, and of metamethods", () => {
    assert.match(failure("local function f() return 1 + f() end f()").message, /stack overflow$/);
    lua.vm.globals.set(
      "again",
      lua.vm.newFunction("again", () => (lua.vm.globals.get("loop") as LuaFunctionRef).call()),
    );
    assert.match(failure("function loop() again() end loop()").message, /stack overflow/);
    assert.match(
      failure("local t = {} setmetatable(t, {__index = function(t, k) return t[k] end}) return t.x").message,
      /overflow/,
    );
    assert.match(
      failure(`return ("("):rep(100000):gsub(".", function(s) return load(("("):rep(1000))() end)`).message,
      /call a nil/,
    );
    assert.deepEqual(lua.run("return 1 + 1"), [2], "the VM still works");
  });

  it("end a recursion of JavaScript alone", () => {
    const runaway = (): number => 1 + runaway();
    lua.vm.globals.set("runaway", lua.vm.newFunction("runaway", runaway));
    assert.deepEqual(lua.run("return pcall(runaway)"), [false, "stack overflow"]);
  });

  it("let JavaScript and Lua call each other 100 levels deep", () => {
    lua.vm.globals.set(
      "descend",
      lua.vm.newFunction("descend", ([n]) => (lua.vm.globals.get("step") as LuaFunctionRef).call(n)),
    );
    assert.deepEqual(
      lua.run("function step(n) if n == 0 then return 0 end return 1 + descend(n - 1) end return step(100)"),
      [100],
    );
  });

  it("are raised for keys that tables can't have and values that don't belong to the VM", async () => {
    const table = lua.vm.newTable();
    assert.match(thrownBy(() => table.set(undefined, 1)).message, /index is nil/);
    assert.match(thrownBy(() => table.set(NaN, 1)).message, /index is NaN/);
    const other = await startTestVm();
    assert.match(thrownBy(() => table.set("x", other.vm.newTable())).message, /another VM/);
    other.vm.close();
    assert.match(thrownBy(() => other.vm.newTable()).message, /closed/);
    table.release();
    table.release();
    assert.match(thrownBy(() => table.get("x")).message, /released/);
  });
});
