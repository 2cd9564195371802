-- Loads the module into plain Lua 5.2 for its tests, which run from the repository's root.
-- The few members of the game that the module touches are stood in for; the simulator runs it against all of them.
local stand_in = {}

---@param saved_name string of the table that the game saves: "storage" or "global"
---@param saved table
local function load_module(saved_name, saved)
	local game = { printed = {}, answered = {}, files = {}, raised = {} }
	local environment = setmetatable({}, { __index = _G })
	environment._G = environment
	environment[saved_name] = saved
	environment.print = function(text)
		game.printed[#game.printed + 1] = text
	end
	environment.rcon = {
		print = function(text)
			game.answered[#game.answered + 1] = text
		end,
	}
	local next_event = 100
	environment.script = {
		generate_event_name = function()
			next_event = next_event + 1
			return next_event
		end,
		raise_event = function(id, data)
			game.raised[#game.raised + 1] = { id = id, data = data }
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
			game.files[name] = { text = text, append = append, player = player }
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
	game.environment = environment
	game.api = environment.require("modules/switchyard_core/api")
	game.core = environment.switchyard_core
	game.saved = saved
	return game
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

function stand_in.equal(actual, expected)
	if actual ~= expected then
		error("expected " .. tostring(expected) .. ", got " .. tostring(actual), 2)
	end
end

---Runs the body with a fresh game, once for each name that the saved table has had.
---@param name string
---@param body fun(game: table)
function stand_in.it(name, body)
	for _, saved_name in ipairs({ "storage", "global" }) do
		test(name .. " (" .. saved_name .. ")", function()
			body(load_module(saved_name, {}))
		end)
	end
end

function stand_in.finish()
	print(passed .. " passed, " .. failed .. " failed")
	os.exit(failed == 0 and 0 or 1)
end

return stand_in
