import assert from "node:assert/strict";
import fc from "fast-check";
import type { LuaTableRef, LuaValue } from "./types.js";
import { startTestVm, type TestVm } from "./vm.test.support.js";

type Key = number | string | boolean;
type Step = { kind: "set" | "delete"; key: Key };

const key = fc.oneof(
  fc.integer({ min: -3, max: 40 }),
  fc.integer({ min: 1, max: 1100 }),
  fc.constantFrom(0.5, 1.5, -0.5, 1e15, 2 ** 40),
  fc.constantFrom("a", "b", "c", "name", "position", "1", ""),
  fc.string({ maxLength: 50 }),
  fc.boolean(),
);
const step = fc.record({ kind: fc.constantFrom("set", "set", "set", "delete"), key }) as fc.Arbitrary<Step>;

/** The order of the game; a key that came back after its deletion may stand in its old or in a new place. */
class Model {
  readonly #live = new Map<Key, number>();
  readonly #deleted = new Set<Key>();
  readonly returned = new Set<Key>();

  apply({ kind, key }: Step, value: number): void {
    if (kind === "set") {
      if (!this.#live.has(key) && this.#deleted.has(key) && !isSmall(key)) this.returned.add(key);
      this.#live.set(key, value);
    } else if (this.#live.delete(key)) {
      this.#deleted.add(key);
    }
  }

  entries(): [Key, number][] {
    const all = [...this.#live];
    const small = all.filter(([key]) => isSmall(key)).sort(([a], [b]) => Number(a) - Number(b));
    return [...small, ...all.filter(([key]) => !isSmall(key))];
  }
}

function isSmall(key: Key): boolean {
  return typeof key === "number" && Number.isInteger(key) && key >= 1 && key <= 1024;
}

/** In Lua 0 and -0 are one key, as they are in a Map. */
function normalised(key: LuaValue): LuaValue {
  return key === 0 ? 0 : key;
}

describe("order of tables", () => {
  let lua: TestVm;
  before(async () => {
    lua = await startTestVm();
  });
  after(() => lua.vm.close());

  const order = (source: string): string =>
    String(
      lua.run(`${source}
    local keys = {} for k in pairs(t) do keys[#keys + 1] = tostring(k) end return table.concat(keys, " ")`)[0],
    );

  it("is the order of insertion, whatever the types of the keys", () => {
    assert.equal(
      order(`t = {} t.z = 1 t[true] = 1 t.a = 1 t[-1] = 1 t[0.5] = 1 t[0] = 1 t.m = 1`),
      "z true a -1 0.5 0 m",
    );
  });

  it("starts with the integers 1 to 1024 in numeric order", () => {
    assert.equal(
      order(`t = {x = 1} t[1025] = 1 t[1024] = 1 t[500] = 1 t[2] = 1 t[1] = 1`),
      "1 2 500 1024 x 1025",
    );
  });

  it("of a constructor is the order in its text, beyond 1024 elements too", () => {
    assert.equal(order(`t = {b = 1, 10, a = 2, 20}`), "1 2 b a");
    const list = Array.from({ length: 1200 }, (_, i) => i + 1);
    assert.equal(order(`t = {${list.join(",")}}`), list.join(" "));
  });

  it("keeps the place of a key that is overwritten", () => {
    assert.equal(order(`t = {} t.a = 1 t.b = 2 t.c = 3 t.a = 4`), "a b c");
  });

  it("keeps the place of a key that was set to nil until the table grows", () => {
    assert.equal(order(`t = {} t.a = 1 t.b = 2 t.c = 3 t.d = 4 t.a = nil t.a = 5`), "a b c d");
    assert.equal(order(`t = {} t.a = 1 t.b = 2 t.c = 3 t.d = 4 t.a = nil t.e = 5 t.a = 6`), "b c d e a");
  });

  it("follows the model through any insertions, overwritings and deletions", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const model = new Model();
        const table = lua.vm.newTable();
        steps.forEach((each, i) => {
          model.apply(each, i);
          table.set(each.key, each.kind === "set" ? i : undefined);
        });
        const expected = model.entries();
        const actual = table.entries().map(([key, value]) => [normalised(key), value] as const);
        const stable = (entries: readonly (readonly [LuaValue, unknown])[]): unknown[] =>
          entries.filter(([key]) => !model.returned.has(key as Key));
        assert.deepEqual(stable(actual), stable(expected));
        assert.deepEqual(new Map(actual), new Map(expected));
        for (const [key, value] of expected) assert.equal(table.get(key), value);
        checkInLua(lua, table, actual);
        table.release();
      }),
      { numRuns: 150 },
    );
  });

  it("is the same while the traversal deletes entries, and no entry is passed over", () => {
    fc.assert(
      fc.property(fc.uniqueArray(key, { maxLength: 200 }), fc.integer({ min: 1, max: 7 }), (keys, every) => {
        const table = lua.vm.newTable(keys.map((key) => [key, true] as const));
        const before = table.entries().map(([key]) => key);
        const visited = lua.run(
          `local t, every, n, seen = ..., select(2, ...), 0, {}
           for k in pairs(t) do
             n = n + 1 seen[n] = k
             if n % every == 0 then t[k] = nil else t[k] = n end
             if n % 20 == 0 then collectgarbage() end
           end
           return seen`,
          table,
          every,
        )[0] as LuaTableRef;
        assert.deepEqual(
          visited.entries().map(([, key]) => key),
          before,
        );
        assert.deepEqual(
          table.entries().map(([key]) => key),
          before.filter((_, i) => (i + 1) % every !== 0),
        );
      }),
      { numRuns: 100 },
    );
  });

  it("survives collections in the middle of a traversal that drops its keys", () => {
    lua.vm.globals.set(
      "collect",
      lua.vm.newFunction("collect", () => (lua.vm.collectGarbage(), undefined)),
    );
    const [count] = lua.run(`local t, n = {}, 0
      for i = 1, 50 do t[{}] = {} end
      for k in pairs(t) do t[k] = nil k = nil n = n + 1 if n % 10 == 0 then collect() end end
      return n`);
    assert.equal(count, 50);
  });

  it("costs the same per step in large tables, also when they are emptied on the way", () => {
    const [visited, left] = lua.run(`local t, n = {}, 0
      for i = 1, 100000 do t["key" .. i] = i t[i * 3] = i end
      for k in pairs(t) do n = n + 1 t[k] = nil end
      return n, next(t)`);
    assert.deepEqual([visited, left], [200000, undefined]);
  });

  it("does not let a table grow whose entries come and go", () => {
    const [before] = lua.run(
      `t = {} for i = 1, 100 do t[i .. ""] = i end collectgarbage() return collectgarbage("count")`,
    );
    lua.run(`for i = 101, 200000 do t[(i - 100) .. ""] = nil t[i .. ""] = i end`);
    lua.vm.collectGarbage();
    const [after] = lua.run(`return collectgarbage("count")`);
    assert.ok(Number(after) - Number(before) < 100, `${String(before)} KiB became ${String(after)} KiB`);
    assert.deepEqual(lua.run(`return table_size(t), next(t)`), [100, "199901", 199901]);
  });

  it("gives way to __pairs", () => {
    const [keys] = lua.run(`local t = setmetatable({}, {__pairs = function(t)
        local i = 0 return function() i = i + 1 if i < 4 then return i, i * i end end, t, nil end})
      local r = {} for k, v in pairs(t) do r[#r + 1] = k .. "=" .. v end return table.concat(r, " ")`);
    assert.equal(keys, "1=1 2=4 3=9");
  });

  it("gives the length of lists of any size", () => {
    for (const size of [0, 1, 3, 1023, 1024, 1025, 5000])
      assert.deepEqual(lua.run(`t = {} for i = 1, ... do t[#t + 1] = i end return #t, table_size(t)`, size), [
        size,
        size,
      ]);
    assert.deepEqual(
      lua.run(`for i = #t, 1001, -1 do t[i] = nil end return #t, table_size(t)`),
      [1000, 1000],
    );
    assert.deepEqual(
      lua.run(`for i = 1, 500 do table.remove(t, 1) end return #t, t[1], t[500]`),
      [500, 501, 1000],
    );
  });
});

/** `next` and `pairs` of Lua agree with the entries that JavaScript sees. */
function checkInLua(
  lua: TestVm,
  table: LuaTableRef,
  entries: readonly (readonly [LuaValue, LuaValue])[],
): void {
  const [seen, size] = lua.run(
    `local t, seen = ..., {} for k, v in pairs(t) do seen[#seen + 1] = k seen[#seen + 1] = v end return seen, table_size(t)`,
    table,
  ) as [LuaTableRef, number];
  assert.deepEqual(
    seen.entries().map(([, value]) => normalised(value)),
    entries.flat(),
  );
  assert.equal(size, entries.length);
  seen.release();
}
