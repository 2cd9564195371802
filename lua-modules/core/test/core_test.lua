-- Runs in plain Lua 5.2 from the repository's root: lua5.2 lua-modules/core/test/core_test.lua
local stand_in = dofile("lua-modules/core/test/stand_in.lua")

local it, equal = stand_in.it, stand_in.equal

it("sends a short message in one line", function(game)
	local api = game.api
	api.send("plugin:noun", { json = '{"a":1}' })
	equal(game.printed[1], '\f$ipc:plugin:noun?j{"a":1}')
end)

it("escapes what would end the channel's name", function(game)
	local api = game.api
	api.send("a?b\\c\n", { json = "{}" })
	equal(game.printed[1], "\f$ipc:a\\x3fb\\x5cc\\x0a?j{}")
end)

it("sends a long message by a file of the server", function(game)
	local api, saved = game.api, game.saved
	local long = '"' .. ("x"):rep(5000) .. '"'
	api.send("plugin:noun", { json = long })
	api.send("plugin:noun", { json = long })
	equal(game.printed[2], "\f$ipc:plugin:noun?fswitchyard-2.json")
	equal(game.files["switchyard-2.json"].text, long)
	equal(game.files["switchyard-2.json"].append, false)
	equal(game.files["switchyard-2.json"].player, 0)
	equal(saved.switchyard_core.file_number, 2)
end)

it("gives a message to its handler", function(game)
	local core, api = game.core, game.api
	local got
	api.on_message("plugin:noun", function(payload)
		got = payload.json
	end)
	core.receive("plugin:noun", "text")
	equal(got, "text")
end)

it("refuses a second handler of a channel", function(game)
	local api = game.api
	api.on_message("plugin:noun", function() end)
	equal(pcall(api.on_message, "plugin:noun", function() end), false)
end)

it("answers an unknown channel and bad JSON with an error", function(game)
	local core, api = game.core, game.api
	api.on_message("plugin:noun", function() end)
	local _, unknown = pcall(core.receive, "plugin:other", "{}")
	equal(unknown, "No module of this save listens on the channel plugin:other")
	local _, bad = pcall(core.receive, "plugin:noun", "bad")
	equal(bad, "The message on the channel plugin:noun is not a JSON object or list")
end)

it("runs each call of a batch by itself and tells results from errors", function(game)
	local core = game.core
	core.batch({
		{ "tostring", 12 },
		{ "error", "one\ntwo\\", 0 },
		{ "no.such.function" },
		{ ".nothing" },
		{ "math.max", 3, 7 },
	})
	equal(
		game.answered[1],
		"batch 5\n+12\n-one\\0atwo\\5c\n-This save has no function no.such.function\n"
			.. "-This save has no function .nothing\n+7"
	)
end)

it("passes nil on to the functions of a batch and answers nil as nothing", function(game)
	local core, environment = game.core, game.environment
	local got
	environment.take = function(...)
		got = { n = select("#", ...), ... }
	end
	core.batch({ { "take", nil, 1, nil, n = 3 }, { "take", 1 } })
	equal(game.answered[1], "batch 2\n+\n+")
	equal(got.n, 1)
	core.batch({ { "take", nil, 1, nil, n = 3 } })
	equal(got.n, 3)
	equal(got[2], 1)
end)

it("escapes every byte of a result that is not printable ASCII", function(game)
	local core, environment = game.core, game.environment
	local bytes = {}
	for byte = 0, 255 do
		bytes[#bytes + 1] = string.char(byte)
	end
	environment.all_bytes = function()
		return table.concat(bytes)
	end
	core.batch({ { "all_bytes" } })
	local line = game.answered[1]:match("^batch 1\n%+(.*)$")
	equal(line:find("[^\32-\126]"), nil)
	equal(
		(line:gsub("\\(%x%x)", function(hex)
			return string.char(tonumber(hex, 16))
		end)),
		table.concat(bytes)
	)
end)

it("answers a table as JSON", function(game)
	local core, environment = game.core, game.environment
	environment.give = function()
		return { json = "{1}" }
	end
	core.batch({ { "give" } })
	equal(game.answered[1], "batch 1\n+{1}")
end)

it("raises on_startup once for each start, and on_instance_updated on a new name", function(game)
	local core, api = game.core, game.api
	core.set_instance("abc", "alpha", "start-1")
	core.set_instance("abc", "alpha", "start-1")
	core.set_instance("abc", "alpha", "start-2")
	equal(#game.raised, 3)
	equal(game.raised[1].id, api.events.on_instance_updated)
	equal(game.raised[1].data.instance_name, "alpha")
	equal(game.raised[2].id, api.events.on_startup)
	equal(game.raised[3].id, api.events.on_startup)
	equal(game.raised[3].data.start_id, "start-2")
	equal(api.get_instance_id(), "abc")
	equal(api.get_instance_name(), "alpha")
end)

stand_in.finish()
