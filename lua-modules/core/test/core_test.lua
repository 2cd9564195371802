-- Runs in plain Lua 5.2 from the repository's root: lua5.2 lua-modules/core/test/core_test.lua
-- The few members of the game that the module touches are stood in for; the simulator runs it against all of them.
local printed, files, raised

local function load_module(saved_name, saved)
	printed, files, raised = {}, {}, {}
	local environment = setmetatable({}, { __index = _G })
	environment._G = environment
	environment[saved_name] = saved
	environment.print = function(text)
		printed[#printed + 1] = text
	end
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
			body(environment.switchyard_core, api, saved)
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

	it("puts parts together, in any order, each counted once", function(core, api, saved)
		local got = {}
		api.on_message("plugin:noun", function(payload)
			got[#got + 1] = payload.json
		end)
		core.receive_part("1", 3, 3, "c")
		core.receive_part("1", 1, 3, "plugin:noun\na")
		core.receive_part("1", 1, 3, "plugin:noun\na")
		equal(#got, 0)
		core.receive_part("1", 2, 3, "b")
		equal(got[1], "abc")
		equal(next(saved.switchyard_core.parts), nil)
		equal(#saved.switchyard_core.part_order, 0)
	end)

	it("drops the oldest of too many open messages", function(core, _, saved)
		for id = 1, 100 do
			core.receive_part(tostring(id), 1, 2, "x")
		end
		equal(#saved.switchyard_core.part_order, 64)
		equal(saved.switchyard_core.parts["1"], nil)
		equal(saved.switchyard_core.part_order[1], "37")
	end)

	it("refuses parts that contradict each other", function(core, _, saved)
		core.receive_part("1", 1, 2, "x")
		equal(pcall(core.receive_part, "1", 2, 3, "y"), false)
		equal(pcall(core.receive_part, "2", 5, 3, "y"), false)
		equal(next(saved.switchyard_core.parts), nil)
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

print(passed .. " passed, " .. failed .. " failed")
os.exit(failed == 0 and 0 or 1)
