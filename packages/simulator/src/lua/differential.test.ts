import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { startTestVm } from "./vm.test.support.js";

/** Programs that must print the same in stock Lua 5.2; none of them depends on the order of tables. */
const programs: Record<string, string> = {
  "number formatting": `
    for _, n in ipairs{0, -0.0, 1, -1, 0.1, 1/3, 1e14, 1e15, 123456789012345, 99999999999999, 1e100, 2^53, 2^63, -2^63,
        1e-5, 123.456, 1.7976931348623157e308, 1/0, -1/0, 3.0, 100, 1e21} do
      print(n, tostring(n), n .. "", ("%d"):format(math.floor(math.min(math.max(n, -2^31), 2^31))), ("%.3f %g %e %a"):format(n, n, n, n))
    end
    print(("%5d|%-5d|%05d|%+d|%x|%X|%o|%c|%5.1f|%i"):format(42, 42, 42, 42, 255, 255, 8, 65, 3.14159, -7))
    print(pcall(string.format, "%d", 3.5), pcall(string.format, "%d", "10"), pcall(string.format, "%d", "x"))
    print(("%d %x"):format(2^40, 2^40), ("%s %10s|%-10s|%.2s"):format(nil, "ab", "ab", "abcdef"))
    print(("%q"):format('line\\nquote" back\\\\slash \\0 zero \\r'))`,
  "numerals and conversions": `
    print(0x10, 0xA.8p0, 1e2, .5, 5., 0xffffffffff, 3e-2, 0x.1p4)
    for _, s in ipairs{"10", " 10 ", "0x10", "1e1", "1e", "", " ", "abc", "0x", "1 2", "inf", "nan", "-5", "- 5", "1_0", "0x1p-2"} do
      print(s, tonumber(s))
    end
    print(tonumber("ff", 16), tonumber("zz", 36), tonumber("8", 8), tonumber("-101", 2), tonumber("1.5", 10))
    print("10" + 5, "3" * "4", 10 .. 20, pcall(function() return "a" + 1 end))
    print(7 % 3, -7 % 3, 7 % -3, -7 % -3, 5.5 % 2, 2 ^ 0.5, 7 / 2, -2 ^ 2)
    print(1 < 2, "a" < "b", "a" < "B", "" < "a", "a\\0b" < "a\\0c", pcall(function() return 1 < "2" end))
    print(math.floor(-3.5), math.ceil(-3.5), math.fmod(-7, 3), math.modf(-3.7), math.huge, -math.huge, math.pi)
    print(math.max(1, 5, 3), math.min(4, 2), math.abs(-3), math.sqrt(16), math.ldexp(1, 10), math.frexp(8))
    print(string.format("%.10f %.10f %.10f", math.sin(1), math.exp(1), math.log(10)), math.log(8, 2), math.pow(2, 10))`,
  strings: `
    print(("hello"):upper(), ("HELLO"):lower(), ("abc"):rep(3, "-"), ("abc"):reverse(), #"a\\0b", ("abc"):byte(1, -1))
    print(("hello"):sub(2, -2), ("hello"):sub(-3), ("hello"):sub(10), ("hello"):sub(0), ("hello"):sub(2, math.huge))
    print(("hello world"):find("o w"), ("hello"):find("l+"), ("a.b"):find(".", 1, true), ("abc"):find("b", -1), ("abc"):find(""))
    print(("key = value"):match("^(%w+)%s*=%s*(%w+)$"), ("2024-01-02"):match("(%d+)-(%d+)-(%d+)"), ("[[x]]"):match("%b[]"))
    print(("hello world"):gsub("o", "0"), ("hello"):gsub("", "-"), ("abc"):gsub("%w", "%0%0"), ("abc"):gsub("b", {b = "X"}))
    print(("abc"):gsub("%w", function(c) if c == "b" then return false end return c .. "!" end), ("x y"):gsub("(%w) (%w)", "%2 %1"))
    print(("THE (quick) fox"):find("%((%a+)%)"), ("f(a,b)"):gsub("%f[%w]%w+", string.upper))
    for k, v in ("a=1, b=2"):gmatch("(%w+)=(%w+)") do io.write(k, v, ";") end print()
    print(pcall(string.rep, "x", -1), pcall(string.gsub, "x", "(", ""), pcall(string.gsub, "x", "x", "%9"), pcall(("x").bad))
    print(string.char(72, 105), ("%s"):format(setmetatable({}, {__tostring = function() return "custom" end})))
    print(("x"):rep(3), ("a,b,,c"):find(",", 3), tostring(nil), tostring(true), #("x"):rep(1000))`,
  tables: `
    local t = {5, 2, 8, 1, 9}
    table.sort(t) print(table.concat(t, ","))
    table.sort(t, function(a, b) return a > b end) print(table.concat(t, ",", 2, 4))
    table.insert(t, 7) table.insert(t, 1, 0) print(table.remove(t), table.remove(t, 1), #t, table.concat(t, " "))
    print(table.unpack({1, 2, 3})) print(table.unpack({1, nil, 3}, 1, 3)) print(table.pack(1, nil, 3).n, select("#", nil, nil), select(-1, 1, 2, 3))
    local big = {} for i = 1, 3000 do big[i] = (i * 7919) % 3001 end
    table.sort(big) local sum = 0 for i, v in ipairs(big) do sum = (sum * 31 + v) % 1000003 end print(sum, #big)
    print(next({}), rawlen({1, 2}), rawequal(t, t), rawget(t, 1), pcall(rawset, t, nil, 1))
    print(pcall(table.concat, {1, {}, 3}), pcall(table.insert, {}, 5, 5), pcall(table.insert, {}), pcall(table.sort, {3, "x", 1}))
    local n = 0 for k, v in pairs({1, 2, 3, x = 4, y = 5}) do n = n + v end print(n)
    print(#{1, 2, 3, nil}, #{n = 1}, #"abc", pcall(function() return #5 end))`,
  "control flow": `
    for i = 10, 1, -3 do io.write(i, " ") end print()
    for i = 1, 3 do for j = 1, 3 do if j == 2 then goto continue end io.write(i, ":", j, " ") ::continue:: end end print()
    local i = 0 repeat local done = i >= 3 i = i + 1 until done print(i)
    while true do i = i - 1 if i < 0 then break end end print(i)
    local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end print(fib(20))
    local function tail(n) if n == 0 then return "done" end return tail(n - 1) end print(tail(100000))
    local fs = {} for i = 1, 3 do fs[i] = function() i = i + 1 return i end end print(fs[1](), fs[1](), fs[2](), fs[3]())
    local function counter() local c = 0 return function() c = c + 1 return c end end
    local a, b = counter(), counter() print(a(), a(), b())
    print((function(...) return select("#", ...), ... end)(1, nil, nil))
    print(1 and 2, nil and 1, false or "x", not nil, nil == false, 1 == 1.0, "1" == 1)
    local s = 0 for x = 0, 1, 0.1 do s = s + 1 end print(s)
    do local _ENV = {print = print, x = 5} print(x, y) end
    print(load("return 1 + 1")(), load("syntax error here"), type(load(function() return nil end)))
    print(load("return x", "chunk", "t", {x = 42})(), load("return ...", "=n")(1, 2))`,
  metatables: `
    local V = {} V.__index = V
    V.__add = function(a, b) return setmetatable({x = a.x + b.x}, V) end
    V.__eq = function(a, b) return a.x == b.x end V.__lt = function(a, b) return a.x < b.x end V.__le = function(a, b) return a.x <= b.x end
    V.__tostring = function(v) return "V(" .. v.x .. ")" end V.__len = function(v) return v.x end V.__unm = function(v) return setmetatable({x = -v.x}, V) end
    V.__call = function(self, a, b) return self.x, a, b end V.__concat = function(a, b) return tostring(a) .. "&" .. tostring(b) end
    V.__newindex = function(t, k, v) rawset(t, k, v * 2) end
    local a, b = setmetatable({x = 1}, V), setmetatable({x = 2}, V)
    print(tostring(a + b), a == b, a < b, a <= b, a > b, #a, tostring(-a), a(1, 2)) print(a .. b, a .. "s", 1 .. a)
    a.y = 5 print(a.y, rawget(a, "y"), a.z, getmetatable(a) == V, getmetatable("").__index == string)
    local p = setmetatable({}, {__metatable = "locked"}) print(getmetatable(p), pcall(setmetatable, p, {}))
    local d = setmetatable({}, {__index = function(t, k) return k .. "!" end}) print(d.foo, d[1], rawget(d, "foo"))
    print(pcall(function() return a + 1 end), pcall(function() return {} + 1 end), pcall(function() return {} < {} end))
    local w = setmetatable({}, {__mode = "k"}) w[{}] = 1 print(type(next(w)))`,
  errors: `
    print(pcall(error)) print(pcall(error, "m")) print(pcall(error, "m", 0)) print(pcall(error, {1}) == false, select(2, pcall(error, 42)))
    local function lvl(n) error("level", n) end
    for n = 0, 3 do print(pcall(function() lvl(n) end)) end
    print(pcall(function() local x = nil x.y = 1 end)) print(pcall(function() return undefinedglobal.x end))
    print(pcall(function() local t = {} t.a.b = 1 end)) print(pcall(function() undefinedfunction() end))
    print(pcall(function() local t = {} t:nomethod() end)) print(pcall(function() ("x")() end)) print(pcall(function() return 1 .. {} end))
    print(pcall(function() local t = {} t[nil] = 1 end)) print(pcall(function() local t = {} t[0/0] = 1 end))
    print(pcall(string.sub)) print(pcall(string.rep, "x", {})) print(pcall(("x").rep, "x", "y")) print(pcall(setmetatable, 1, {}))
    print(pcall(ipairs)) print(pcall(pairs, nil)) print(pcall(tonumber)) print(pcall(next, {}, "nokey")) print(pcall(math.floor, "x"))
    print(xpcall(function() error("x") end, function(m) return "handled " .. m end)) print(xpcall(function(...) return ... end, print, 1, 2))
    print(xpcall(function() error({code = 5}) end, function(e) return e.code end)) print(select(2, pcall(error, nil)))
    print(pcall(pcall)) print(pcall(function() error() end)) print(pcall(assert, false)) print(pcall(assert, nil, "msg")) print(assert(1, 2, 3))
    print(select(2, load("x =", "=chunk"))) print(select(2, load("for", "@file.lua"))) print(select(2, load("goto nowhere", "=c")))
    print(select(2, load("x = 'unfinished", "=c"))) print(select(2, load("break", "=c"))) print(select(2, load("return return", "text")))
    print(pcall(function() local function f() return f() + 1 end return f() end))
    print(pcall(function() for i = 1, "x" do end end)) print(pcall(function() for i = 1, 10, 0 do break end end))`,
  bit32: `
    print(bit32.band(0xFF, 0x0F), bit32.bor(1, 2, 4), bit32.bxor(5, 3), bit32.bnot(0), bit32.lshift(1, 31), bit32.rshift(0x80000000, 31))
    print(bit32.arshift(0x80000000, 4), bit32.lrotate(0x80000001, 1), bit32.extract(0xABCD, 4, 8), bit32.replace(0, 0xF, 8, 4), bit32.btest(1, 2))
    print(bit32.band(-1, 0xFFFFFFFF), bit32.bor(2^32 + 5), bit32.lshift(1, 32), bit32.band(), bit32.bnot(-1), bit32.band(1.7))`,
  debug: `
    local function where() local i = debug.getinfo(2, "Sl") return i.short_src .. ":" .. i.currentline, i.what end
    print(where()) print(debug.getinfo(1, "n").name, debug.getinfo(print).what, debug.getinfo(where, "u").nparams)
    local function inner() print((debug.traceback("msg"):match("^(.-in main chunk)"))) end
    local function outer() inner() return 1 end outer()
    print(debug.traceback({}) ~= nil, debug.traceback("a", 1):match("^a\\nstack traceback:") ~= nil)`,
};

/** io.write is all that the programs need of what the game lacks. */
const prelude = `io = io or {} local line = "" local print0 = print
  io.write = function(...) for i = 1, select("#", ...) do line = line .. tostring((select(i, ...))) end end
  print = function(...) local s = line line = ""
    for i = 1, select("#", ...) do s = s .. (i > 1 and "\\t" or "") .. tostring((select(i, ...))) end print0(s) end `;

describe("agreement with stock Lua 5.2", () => {
  const present = spawnSync("lua5.2", ["-v"]).status === 0;

  for (const [name, program] of Object.entries(programs)) {
    it(`prints the same: ${name}`, async function () {
      if (!present) {
        console.log("skipped: the program lua5.2 is not installed");
        this.skip();
      }
      const { vm, printed } = await startTestVm();
      vm.load(prelude + program, "=program").call();
      vm.close();
      const loader = `assert(load(io.read("*a"), "=program"))()`;
      const stock = spawnSync("lua5.2", ["-e", loader], { input: prelude + program, encoding: "latin1" });
      assert.equal(stock.stderr, "");
      assert.deepEqual(comparable(printed.join("\n")), comparable(stock.stdout.trimEnd()));
    });
  }
});

/** Which of its two names a global function has in a message depends on the hash seed of stock Lua. */
function comparable(output: string): string[] {
  return output.replaceAll("'_G.", "'").split("\n");
}
