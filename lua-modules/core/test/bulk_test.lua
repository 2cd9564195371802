-- Runs in plain Lua 5.2 from the repository's root: lua5.2 lua-modules/core/test/bulk_test.lua
local stand_in = dofile("lua-modules/core/test/stand_in.lua")

local it, equal = stand_in.it, stand_in.equal

-- Adler-32 as it is defined.
local function checksum(text)
	local a, b = 1, 0
	for index = 1, #text do
		a = (a + text:byte(index)) % 65521
		b = (b + a) % 65521
	end
	return b * 65536 + a
end

it("puts a bulk text together, in any order and cut in any way, and hands it on once", function(game)
	local core, api, saved = game.core, game.api, game.saved
	local got = {}
	api.on_message("plugin:noun", function(payload)
		got[#got + 1] = payload.json
	end)
	local sum = checksum("abcdefghij")
	core.bulk_part("1", 6, "gh")
	equal(core.bulk_missing("1", 10), "0-6,8-10")
	core.bulk_part("1", 0, "abc")
	core.bulk_part("1", 0, "ab")
	core.bulk_part("1", 2, "cdef")
	equal(core.bulk_finish("1", 10, sum, 9, "j", ".receive", "plugin:noun"), "?8-9")
	equal(core.bulk_missing("1", 10), "8-9")
	core.bulk_part("1", 7, "hi")
	equal(core.bulk_finish("1", 10, sum, 9, "j", ".receive", "plugin:noun"), "+")
	equal(core.bulk_finish("1", 10, sum, 9, "j", ".receive", "plugin:noun"), "+")
	core.bulk_part("1", 0, "abc")
	equal(core.bulk_missing("1", 10), "")
	equal(#got, 1)
	equal(got[1], "plain(abcdefghij)")
	local bulk = saved.switchyard_core.bulk
	equal(next(bulk.open), nil)
	equal(#bulk.order, 0)
	equal(bulk.bytes, 0)
end)

it("wants a bulk text anew when its checksum is another", function(game)
	local core, saved = game.core, game.saved
	equal(core.bulk_finish("1", 3, 1, 0, "abc", "tostring"), "?0-3")
	equal(next(saved.switchyard_core.bulk.open), nil)
end)

it("answers the error of a function that got a bulk text, the same again, and runs it once", function(game)
	local core, env = game.core, game.environment
	local runs = 0
	env.fail = function()
		runs = runs + 1
		error("no room", 0)
	end
	for _ = 1, 2 do
		local ok, message = pcall(core.bulk_finish, "1", 3, checksum("abc"), 0, "abc", "fail")
		equal(ok, false)
		equal(message, "no room")
	end
	equal(runs, 1)
end)

it("tells of a bulk text that cannot be decompressed", function(game)
	local core = game.core
	local ok, message = pcall(core.bulk_finish, "1", 3, checksum("bad"), 0, "bad", "tostring")
	equal(ok, false)
	equal(message, "The text cannot be decompressed")
end)

it("keeps a bounded number of open and of finished transfers", function(game)
	local core, saved = game.core, game.saved
	for id = 1, 200 do
		core.bulk_part("open" .. id, 0, "xx")
		core.bulk_finish("done" .. id, 3, checksum("abc"), 0, "abc", "tostring")
	end
	local bulk = saved.switchyard_core.bulk
	equal(#bulk.order, 15)
	equal(bulk.order[1], "open186")
	equal(bulk.bytes, 30)
	equal(#bulk.done_order, 64)
	equal(bulk.done.done136, nil)
	equal(bulk.done.done137.ok, true)
end)

it("keeps a bounded number of bytes of open transfers", function(game)
	local core, saved = game.core, game.saved
	local megabyte = ("x"):rep(1024 * 1024)
	for offset = 0, 11 do
		core.bulk_part(tostring(offset % 3), offset * #megabyte, megabyte)
	end
	equal(saved.switchyard_core.bulk.bytes <= 8 * 1024 * 1024, true)
end)

it("forgets a transfer that was given up", function(game)
	local core, saved = game.core, game.saved
	core.bulk_part("1", 0, "abc")
	core.bulk_forget("1")
	core.bulk_part("1", 3, "def")
	equal(next(saved.switchyard_core.bulk.open), nil)
	equal(pcall(core.bulk_finish, "1", 6, checksum("abcdef"), 3, "def", "tostring"), false)
end)

it("drops the parts of a save from before bulk transfers", function(game)
	local core, saved = game.core, game.saved
	saved.switchyard_core = { file_number = 3, parts = { a = {} }, part_order = { "a" } }
	core.bulk_part("1", 0, "abc")
	equal(saved.switchyard_core.parts, nil)
	equal(saved.switchyard_core.file_number, 3)
end)

it("computes Adler-32, of short and of long texts", function(game)
	local bulk = game.environment.require("modules/switchyard_core/bulk")
	for _, size in ipairs({ 0, 1, 7, 8, 9, 100, 40000, 200001 }) do
		local text = ("\255z+/0"):rep(size):sub(1, size)
		equal(bulk.checksum(text), checksum(text))
	end
end)

stand_in.finish()
