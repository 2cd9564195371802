-- Runs in plain Lua 5.2 from the repository's root: lua5.2 packages/factorio/lua/test/scenario_test.lua
-- The game's `script` and its event_handler are stood in for; the simulator runs the same with its own.

---A game: `registered` is what the real `script` holds at the moment.
local function new_game()
	local environment = setmetatable({}, { __index = _G })
	environment._G = environment
	environment.defines = { events = { on_tick = 0, on_chat = 1, on_built = 2 } }
	local game = { environment = environment, registered = {}, filters = {}, periods = {}, life = {}, raised = {}, metatables = {} }
	local members = { mod_name = "level", active_mods = { base = "2.0.55" } }
	for _, name in ipairs({ "on_init", "on_load", "on_configuration_changed" }) do
		members[name] = function(handler)
			game.life[name] = handler
		end
	end
	function members.on_event(event, handler, filters)
		local id = environment.defines.events[event] or event
		if type(id) ~= "number" and id ~= "custom-input" then
			error("Unknown event name: " .. tostring(id))
		elseif handler ~= nil and type(handler) ~= "function" then
			error("Invalid handler")
		end
		game.registered[id] = handler
		game.filters[id] = filters
	end
	function members.on_nth_tick(period, handler)
		game.periods[period] = handler
	end
	function members.raise_event(id, data)
		game.raised[#game.raised + 1] = id
		if game.registered[id] then
			game.registered[id](data)
		end
	end
	local next_id = 100
	function members.generate_event_name()
		next_id = next_id + 1
		return next_id
	end
	function members.register_metatable(name, metatable)
		game.metatables[name] = metatable
	end
	function members.set_event_filter()
		error("No handler")
	end
	game.real = setmetatable({}, {
		__index = function(_, name)
			if members[name] == nil then
				error("LuaBootstrap doesn't contain key " .. tostring(name) .. ".")
			end
			return members[name]
		end,
		__newindex = function(_, name)
			error("LuaBootstrap::" .. name .. " is read only.")
		end,
	})
	environment.script = game.real

	local loaded = {}
	function environment.require(name)
		local file = "packages/factorio/lua/" .. name:match("^modules/switchyard_scenario/(.*)$") .. ".lua"
		if loaded[name] == nil then
			loaded[name] = assert(loadfile(file, "t", environment))()
		end
		return loaded[name]
	end
	return game
end

-- As the game's library works: all at on_init or on_load, through the global `script`.
local EVENT_HANDLER = [[
	local libraries = {}
	local function call(name, ...)
		for _, library in ipairs(libraries) do
			if library[name] then library[name](...) end
		end
	end
	local function register()
		for _, library in ipairs(libraries) do
			for event, handler in pairs(library.events or {}) do script.on_event(event, handler) end
			for period, handler in pairs(library.on_nth_tick or {}) do script.on_nth_tick(period, handler) end
		end
	end
	script.on_init(function() call("on_init") register() end)
	script.on_load(function() call("on_load") register() end)
	script.on_configuration_changed(function(data) call("on_configuration_changed", data) end)
	return { add_lib = function(library) libraries[#libraries + 1] = library end }
]]

---Loads a save as the generated control.lua does. `body` is the scenario's text, `library` that of one module.
local function load_save(body, library, step)
	local game = new_game()
	local environment = game.environment
	game.trace = {}
	function environment.trace(text)
		game.trace[#game.trace + 1] = text
	end
	local scenario = environment.require("modules/switchyard_scenario/scenario")
	scenario.enter("modules")
	local event_handler = assert(load(EVENT_HANDLER, "=event_handler", "t", environment))()
	environment.event_handler = event_handler
	scenario.enter("scenario")
	assert(load(body, "=scenario", "t", environment))()
	scenario.enter("modules")
	if library then
		event_handler.add_lib(assert(load(library, "=module", "t", environment))())
	end
	scenario.start()
	game.life[step or "on_init"]()
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

local function equal(actual, expected)
	if actual ~= expected then
		error("expected " .. tostring(expected) .. ", got " .. tostring(actual), 2)
	end
end

local function traces(game, expected)
	equal(table.concat(game.trace, " "), expected)
	game.trace = {}
end

local CHAT_MODULE = [[return {
	on_init = function() trace("module-init") end,
	on_load = function() trace("module-load") end,
	on_configuration_changed = function() trace("module-changed") end,
	events = { [defines.events.on_chat] = function() trace("module-chat") end },
	on_nth_tick = { [60] = function() trace("module-60") end },
}]]

test("the scenario's life cycle comes before the modules'", function()
	local game = load_save([[
		script.on_init(function() trace("init") end)
		script.on_load(function() trace("load") end)
		script.on_configuration_changed(function(data) trace("changed-" .. data.n) end)
	]], CHAT_MODULE)
	traces(game, "init module-init")
	game.life.on_load()
	traces(game, "load module-load")
	game.life.on_configuration_changed({ n = 1 })
	traces(game, "changed-1 module-changed")
end)

test("an event both want reaches the scenario first, one that only one wants goes straight to it", function()
	local game = load_save([[
		script.on_event({ defines.events.on_chat, "on_tick" }, function() trace("scenario") end)
	]], CHAT_MODULE)
	game.trace = {}
	game.registered[1]({})
	traces(game, "scenario module-chat")
	game.registered[0]({})
	traces(game, "scenario")
	equal(game.registered[2], nil)
end)

test("a handler that comes and goes at run time leaves the modules' alone and nothing behind", function()
	local game = load_save([[
		local function built() trace("built") script.on_event(defines.events.on_built, nil) end
		script.on_event("on_tick", function()
			trace("tick")
			script.on_event(defines.events.on_built, built)
			script.on_event(defines.events.on_chat, function() trace("chat") script.on_event("on_chat", nil) end)
		end)
	]], CHAT_MODULE)
	game.trace = {}
	equal(game.registered[2], nil)
	game.registered[0]({})
	game.registered[2]({})
	equal(game.registered[2], nil)
	game.registered[1]({})
	game.registered[1]({})
	traces(game, "tick built chat module-chat module-chat")
end)

test("after on_load the same events are registered as on the server that made the map", function()
	local text = [[
		local function later() end
		local function turn_on() script.on_event("on_built", later) script.on_nth_tick({ 5, 60 }, later) end
		script.on_event("on_tick", function() saved = true turn_on() end)
		script.on_load(function() if saved then turn_on() end end)
	]]
	local server = load_save(text, CHAT_MODULE)
	server.registered[0]({})
	local client = load_save("saved = true " .. text, CHAT_MODULE, "on_load")
	for _, kind in ipairs({ "registered", "periods" }) do
		for key in pairs(server[kind]) do equal(client[kind][key] ~= nil, true) end
		for key in pairs(client[kind]) do equal(server[kind][key] ~= nil, true) end
	end
end)

test("nth ticks are the scenario's own: taking out all of them leaves the modules'", function()
	local game = load_save([[
		script.on_nth_tick({ 60, 7 }, function(event) trace("nth-" .. event.nth_tick) end)
		script.on_event("on_tick", function() script.on_nth_tick(nil) end)
		script.on_event("on_built", function() script.on_nth_tick(7, nil) end)
	]], CHAT_MODULE)
	game.trace = {}
	game.periods[60]({ nth_tick = 60 })
	game.periods[7]({ nth_tick = 7 })
	traces(game, "nth-60 module-60 nth-7")
	game.registered[2]({})
	equal(game.periods[7], nil)
	game.registered[0]({})
	game.periods[60]({ nth_tick = 60 })
	traces(game, "module-60")
end)

test("on_load and on_init can register, and what they take out of the life cycle is gone", function()
	local game = load_save([[
		script.on_load(function() trace("load") script.on_load(nil) script.on_event("custom-input", function() trace("input") end) end)
	]], CHAT_MODULE, "on_load")
	game.registered["custom-input"]({})
	game.life.on_load()
	traces(game, "load module-load input module-load")
end)

test("filters stand with the game when one side handles the event, and are applied here when both do", function()
	local text = [[
		script.on_event("on_chat", function(event) trace("scenario-" .. event.entity.name) end, {
			{ filter = "type", type = "car" },
			{ filter = "name", name = "lamp", mode = "and", invert = true },
			{ filter = "ghost_name", name = "belt" },
		})
		script.on_event("on_built", function() end, { { filter = "ghost" } })
	]]
	local game = load_save(text, CHAT_MODULE)
	game.trace = {}
	equal(game.filters[2][1].filter, "ghost")
	equal(game.filters[1], nil)
	local function chat(entity)
		entity.valid = true
		game.registered[1]({ entity = entity })
	end
	chat({ type = "car", name = "tank" })
	chat({ type = "car", name = "lamp" })
	chat({ type = "wall", name = "wall" })
	chat({ type = "entity-ghost", name = "entity-ghost", ghost_name = "belt" })
	traces(game, "scenario-tank module-chat module-chat module-chat scenario-entity-ghost module-chat")
	equal(game.environment.script.get_event_filter("on_chat")[2].invert, true)
	game.environment.script.set_event_filter("on_chat", nil)
	chat({ type = "wall", name = "wall" })
	traces(game, "scenario-wall module-chat")
	equal(pcall(game.environment.script.set_event_filter, "on_tick", nil), false)
	equal(pcall(game.environment.script.on_event, { 0, 1 }, function() end, { { filter = "ghost" } }), false)
end)

test("damage is compared as the filters say", function()
	local passes = new_game().environment.require("modules/switchyard_scenario/event_filter")
	local event = { entity = { valid = true, type = "car" }, final_damage_amount = 10, damage_type = { name = "fire" } }
	local function filter(comparison, value)
		return passes({ { filter = "final-damage-amount", comparison = comparison, value = value } }, event)
	end
	equal(filter(nil, 9), true)
	equal(filter("<", 10), false)
	equal(filter("≥", 10), true)
	equal(filter("!=", 10), false)
	equal(passes({ { filter = "damage-type", type = "acid" } }, event), false)
	equal(passes({ { filter = "vehicle" } }, event), true)
	equal(passes({ { filter = "turret" }, { filter = "something-new" } }, event), true)
	equal(passes({ { filter = "turret" } }, { entity = { valid = false } }), true)
	equal(passes(nil, event), true)
end)

test("everything else goes to the real script, refusals included", function()
	local game = load_save([[
		own_event = script.generate_event_name()
		script.register_metatable("thing", {})
		mod, base = script.mod_name, script.active_mods.base
		handler = function() trace("own") end
		script.on_event(own_event, handler)
	]], [[ module_event = script.generate_event_name() return {} ]])
	local env = game.environment
	equal(env.own_event, 101)
	equal(env.module_event, 102)
	equal(env.mod .. env.base, "level2.0.55")
	equal(game.metatables.thing ~= nil, true)
	equal(env.script.get_event_handler(env.own_event), env.handler)
	equal(env.script.get_event_handler(0), nil)
	env.script.raise_event(env.own_event, {})
	traces(game, "own")
	local function refusal(run)
		local ok, message = pcall(run)
		equal(ok, false)
		return message
	end
	equal(refusal(function() return env.script.nonsense end):match("doesn't contain key nonsense") ~= nil, true)
	equal(refusal(function() env.script.mod_name = 1 end):match("read only") ~= nil, true)
	equal(refusal(function() env.script.on_event("nonsense", function() end) end):match("Unknown event") ~= nil, true)
	equal(refusal(function() env.script.on_event(nil, 5) end):match("Unknown event name: nil") ~= nil, true)
	equal(refusal(function() env.script.on_event(0, 5) end):match("Invalid handler") ~= nil, true)
	equal(game.registered[0], nil)
end)

test("a scenario that uses event_handler as well keeps both, its libraries before the modules'", function()
	local game = load_save([[
		event_handler.add_lib({
			on_init = function() trace("library-init") end,
			on_nth_tick = { [60] = function() trace("library-60") end },
		})
		script.on_init(function() trace("init") end)
		script.on_nth_tick(60, function() trace("own-60") end)
	]], [[ return { on_init = function() trace("module-init") end } ]])
	game.periods[60]({})
	traces(game, "init library-init module-init own-60 library-60")
end)

test("a module sees no handler of the scenario's, and a script of the scenario's own making stays its own", function()
	local game = load_save([[
		local original = script
		script = setmetatable({ mine = true }, { __index = original })
		script.on_event("on_chat", function() trace("scenario") end)
		script.on_init(function() trace("mine-" .. tostring(script.mine)) end)
	]], [[
		seen = script.get_event_handler("on_chat")
		return { on_init = function() trace("module-" .. tostring(rawget(script, "mine"))) end }
	]])
	traces(game, "mine-true module-nil")
	equal(game.environment.seen, nil)
	equal(game.environment.script.mine, true)
end)

print(passed .. " passed, " .. failed .. " failed")
os.exit(failed == 0 and 0 or 1)
