-- Runs in plain Lua 5.2 from the repository's root: lua5.2 lua-modules/core/test/core_test.lua
-- The few members of the game that the module touches are stood in for; the simulator runs it against all of them.
local printed, answered, files, raised

-- Adler-32 as it is defined.
local function checksum(text)
	local a, b = 1, 0
	for index = 1, #text do
		a = (a + text:byte(index)) % 65521
		b = (b + a) % 65521
	end
	return b * 65536 + a
end

local function load_module(saved_name, saved)
	printed, answered, files, raised = {}, {}, {}, {}
	local environment = setmetatable({}, { __index = _G })
	environment._G = environment
	environment[saved_name] = saved
	environment.print = function(text)
		printed[#printed + 1] = text
	end
	environment.rcon = {
		print = function(text)
			answered[#answered + 1] = text
		end,
	}
	local next_event = 100
	environment.script = {
		generate_event_name = function()
			next_event = next_event + 1
			return next_event
		end,
		raise_event = function(id, data)
			raised[#raised + 1] = { id = id, data = data }
		end,
	}
	-- JSON is stood in for by a register of tables: what matters here is which text goes where.
	local json = {
		table_to_json = function(value)
			return value.json
		end,
		json_to_table = function(text)
			if text == "bad" then
				return nil
			end
			return { json = text }
		end,
		decode_string = function(text)
			return text ~= "bad" and "plain(" .. text .. ")" or nil
		end,
		write_file = function(name, text, append, player)
			files[name] = { text = text, append = append, player = player }
		end,
	}
	environment.game = setmetatable({ disable_replay = function() end }, { __index = saved_name == "global" and json or nil })
	environment.helpers = saved_name == "storage" and json or nil
	local loaded = {}
	environment.require = function(name)
		if loaded[name] == nil then
			local file = "lua-modules/core/" .. name:match("^modules/switchyard_core/(.*)$") .. ".lua"
			loaded[name] = assert(loadfile(file, "t", environment))() or true
		end
		return loaded[name]
	end
	environment.require("modules/switchyard_core/core")
	return environment, environment.require("modules/switchyard_core/api")
end

local passed, failed = 0, 0
local function test(name, body)
	local ok, message = xpcall(body, debug.traceback)
	if ok then
		passed = passed + 1
	else
		failed = failed + 1
		print("FAILED: " .. name .. "\n" .. message)
	end
end

local function equal(actual, expected)
	if actual ~= expected then
		error("expected " .. tostring(expected) .. ", got " .. tostring(actual), 2)
	end
end

for _, saved_name in ipairs({ "storage", "global" }) do
	local function it(name, body)
		test(name .. " (" .. saved_name .. ")", function()
			local saved = {}
			local environment, api = load_module(saved_name, saved)
			body(environment.switchyard_core, api, saved, environment)
		end)
	end

	it("sends a short message in one line", function(_, api)
		api.send("plugin:noun", { json = '{"a":1}' })
		equal(printed[1], '\f$ipc:plugin:noun?j{"a":1}')
	end)

	it("escapes what would end the channel's name", function(_, api)
		api.send("a?b\\c\n", { json = "{}" })
		equal(printed[1], "\f$ipc:a\\x3fb\\x5cc\\x0a?j{}")
	end)

	it("sends a long message by a file of the server", function(_, api, saved)
		local long = '"' .. ("x"):rep(5000) .. '"'
		api.send("plugin:noun", { json = long })
		api.send("plugin:noun", { json = long })
		equal(printed[2], "\f$ipc:plugin:noun?fswitchyard-2.json")
		equal(files["switchyard-2.json"].text, long)
		equal(files["switchyard-2.json"].append, false)
		equal(files["switchyard-2.json"].player, 0)
		equal(saved.switchyard_core.file_number, 2)
	end)

	it("gives a message to its handler", function(core, api)
		local got
		api.on_message("plugin:noun", function(payload)
			got = payload.json
		end)
		core.receive("plugin:noun", "text")
		equal(got, "text")
	end)

	it("refuses a second handler of a channel", function(_, api)
		api.on_message("plugin:noun", function() end)
		equal(pcall(api.on_message, "plugin:noun", function() end), false)
	end)

	it("answers an unknown channel and bad JSON with an error", function(core, api)
		api.on_message("plugin:noun", function() end)
		local _, unknown = pcall(core.receive, "plugin:other", "{}")
		equal(unknown, "No module of this save listens on the channel plugin:other")
		local _, bad = pcall(core.receive, "plugin:noun", "bad")
		equal(bad, "The message on the channel plugin:noun is not a JSON object or list")
	end)

	it("runs each call of a batch by itself and tells results from errors", function(core)
		core.batch({
			{ "tostring", 12 },
			{ "error", "one\ntwo\\", 0 },
			{ "no.such.function" },
			{ ".nothing" },
			{ "math.max", 3, 7 },
		})
		equal(
			answered[1],
			"batch 5\n+12\n-one\\0atwo\\5c\n-This save has no function no.such.function\n"
				.. "-This save has no function .nothing\n+7"
		)
	end)

	it("passes nil on to the functions of a batch and answers nil as nothing", function(core, _, _, environment)
		local got
		environment.take = function(...)
			got = { n = select("#", ...), ... }
		end
		core.batch({ { "take", nil, 1, nil, n = 3 }, { "take", 1 } })
		equal(answered[1], "batch 2\n+\n+")
		equal(got.n, 1)
		core.batch({ { "take", nil, 1, nil, n = 3 } })
		equal(got.n, 3)
		equal(got[2], 1)
	end)

	it("escapes every byte of a result that is not printable ASCII", function(core, _, _, environment)
		local bytes = {}
		for byte = 0, 255 do
			bytes[#bytes + 1] = string.char(byte)
		end
		environment.all_bytes = function()
			return table.concat(bytes)
		end
		core.batch({ { "all_bytes" } })
		local line = answered[1]:match("^batch 1\n%+(.*)$")
		equal(line:find("[^\32-\126]"), nil)
		equal(
			(line:gsub("\\(%x%x)", function(hex)
				return string.char(tonumber(hex, 16))
			end)),
			table.concat(bytes)
		)
	end)

	it("answers a table as JSON", function(core, _, _, environment)
		environment.give = function()
			return { json = "{1}" }
		end
		core.batch({ { "give" } })
		equal(answered[1], "batch 1\n+{1}")
	end)

	it("puts a bulk text together, in any order and cut in any way, and hands it on once", function(core, api, saved)
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

	it("wants a bulk text anew when its checksum is another", function(core, _, saved)
		equal(core.bulk_finish("1", 3, 1, 0, "abc", "tostring"), "?0-3")
		equal(next(saved.switchyard_core.bulk.open), nil)
	end)

	it("answers the error of a function that got a bulk text, the same again, and runs it once", function(core, _, _, env)
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

	it("tells of a bulk text that cannot be decompressed", function(core)
		local ok, message = pcall(core.bulk_finish, "1", 3, checksum("bad"), 0, "bad", "tostring")
		equal(ok, false)
		equal(message, "The text cannot be decompressed")
	end)

	it("keeps a bounded number of open and of finished transfers", function(core, _, saved)
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

	it("keeps a bounded number of bytes of open transfers", function(core, _, saved)
		local megabyte = ("x"):rep(1024 * 1024)
		for offset = 0, 11 do
			core.bulk_part(tostring(offset % 3), offset * #megabyte, megabyte)
		end
		equal(saved.switchyard_core.bulk.bytes <= 8 * 1024 * 1024, true)
	end)

	it("forgets a transfer that was given up", function(core, _, saved)
		core.bulk_part("1", 0, "abc")
		core.bulk_forget("1")
		core.bulk_part("1", 3, "def")
		equal(next(saved.switchyard_core.bulk.open), nil)
		equal(pcall(core.bulk_finish, "1", 6, checksum("abcdef"), 3, "def", "tostring"), false)
	end)

	it("drops the parts of a save from before bulk transfers", function(core, _, saved)
		saved.switchyard_core = { file_number = 3, parts = { a = {} }, part_order = { "a" } }
		core.bulk_part("1", 0, "abc")
		equal(saved.switchyard_core.parts, nil)
		equal(saved.switchyard_core.file_number, 3)
	end)

	it("raises on_startup once for each start, and on_instance_updated on a new name", function(core, api)
		core.set_instance("abc", "alpha", "start-1")
		core.set_instance("abc", "alpha", "start-1")
		core.set_instance("abc", "alpha", "start-2")
		equal(#raised, 3)
		equal(raised[1].id, api.events.on_instance_updated)
		equal(raised[1].data.instance_name, "alpha")
		equal(raised[2].id, api.events.on_startup)
		equal(raised[3].id, api.events.on_startup)
		equal(raised[3].data.start_id, "start-2")
		equal(api.get_instance_id(), "abc")
		equal(api.get_instance_name(), "alpha")
	end)
end

test("the checksum is Adler-32, of short and of long texts", function()
	local environment = load_module("storage", {})
	local bulk = environment.require("modules/switchyard_core/bulk")
	for _, size in ipairs({ 0, 1, 7, 8, 9, 100, 40000, 200001 }) do
		local text = ("\255z+/0"):rep(size):sub(1, size)
		equal(bulk.checksum(text), checksum(text))
	end
end)

print(passed .. " passed, " .. failed .. " failed")
os.exit(failed == 0 and 0 or 1)
