-- Lets a scenario that calls script.on_event and its like itself live beside modules, which go through event_handler.
--
-- The game keeps one handler for an event in one script. So both sides see a `script` of their own that looks like the real
-- one, and this file registers for both: with the real `script` stand exactly the events that one side wants at the moment,
-- never more. That must hold at any time: a player who joins runs control.lua and on_load only, and the game turns
-- him away unless he then has the same registrations as the server. Nothing is kept in the saved table: a scenario with
-- conditional handlers registers them again in on_load, as it had to before, and all that follows here from its calls.
local passes_filters = require("modules/switchyard_scenario/event_filter")

-- luacheck: globals script
local real = script

---@alias SwitchyardSide "scenario"|"modules"

---@class SwitchyardSlot One event, or one period of on_nth_tick.
---@field scenario fun(event: table)?
---@field modules fun(event: table)?
---@field filters table<SwitchyardSide, table[]?>
---@field both fun(event: table) the scenario first, as its handlers came first when it was alone

local LIFE_CYCLE = { "on_init", "on_load", "on_configuration_changed" }

---@type table<string|integer, SwitchyardSlot>
local events = {}
---@type table<integer, SwitchyardSlot>
local periods = {}
---@type table<SwitchyardSide, table<string, function?>>
local life_cycle = { scenario = {}, modules = {} }

local built_in_events = {}
for name, id in pairs(defines.events) do
	built_in_events[name] = id
end

---The same key for all ways to name an event: its id, its name, and since 2.0 a prototype.
local function key_of(event)
	if type(event) == "string" then
		return built_in_events[event] or event
	end
	return type(event) == "userdata" and event.event_id or event
end

---@return SwitchyardSlot
local function slot_in(slots, key)
	local slot = slots[key]
	if not slot then
		slot = { filters = {} }
		-- Looks the handlers up when it runs: the scenario may take out the module's turn, or its own, in between.
		function slot.both(event)
			local run = slot.scenario
			if run and passes_filters(slot.filters.scenario, event) then
				run(event)
			end
			run = slot.modules
			if run and passes_filters(slot.filters.modules, event) then
				run(event)
			end
		end
		slots[key] = slot
	end
	return slot
end

---The function to register when one side has this handler, and whose it is when only one side has one.
---@return function?, SwitchyardSide?
local function runner(slot, side, handler)
	local other = side == "scenario" and "modules" or "scenario"
	if handler and slot[other] then
		return slot.both
	elseif handler then
		return handler, side
	elseif slot[other] then
		return slot[other], other
	end
end

local function is_handler(value)
	return value == nil or type(value) == "function"
end

local function copy(filters)
	if type(filters) ~= "table" or next(filters) == nil then
		return nil
	end
	local result = {}
	for index, filter in ipairs(filters) do
		result[index] = {}
		for name, value in pairs(filter) do
			result[index][name] = value
		end
	end
	return result
end

---@param side SwitchyardSide
local function set_event(side, event, handler, filters)
	local key = key_of(event)
	if key == nil or not is_handler(handler) then
		return real.on_event(event, handler, filters) -- which refuses it in the game's words
	end
	local slot = slot_in(events, key)
	local kept = handler and copy(filters) or nil
	local run, owner = runner(slot, side, handler)
	local applied = kept ---@type table[]?
	if owner ~= side then
		applied = owner and slot.filters[owner]
	end
	-- The real one first: what it refuses must not stay behind here.
	real.on_event(event, run, applied)
	slot[side] = handler
	slot.filters[side] = kept
end

---@param side SwitchyardSide
local function set_period(side, period, handler)
	if not is_handler(handler) then
		return real.on_nth_tick(period, handler)
	end
	local slot = slot_in(periods, period)
	real.on_nth_tick(period, (runner(slot, side, handler)))
	slot[side] = handler
end

local function each(list, run)
	if type(list) ~= "table" then
		return run(list)
	end
	for _, item in pairs(list) do
		run(item)
	end
end

---What one side sees as `script`. What is not here goes to the real one.
---@param side SwitchyardSide
local function script_for(side)
	local own = {}

	for _, name in ipairs(LIFE_CYCLE) do
		own[name] = function(handler)
			if not is_handler(handler) then
				return real[name](handler)
			end
			life_cycle[side][name] = handler
		end
	end

	function own.on_event(event, handler, filters)
		if type(event) == "table" and filters ~= nil then
			error("Filters can only be used when registering single events.", 2)
		end
		each(event, function(one)
			set_event(side, one, handler, filters)
		end)
	end

	function own.on_nth_tick(period, handler)
		if period == nil then
			for known, slot in pairs(periods) do
				if slot[side] then
					set_period(side, known, nil)
				end
			end
			return
		end
		each(period, function(one)
			set_period(side, one, handler)
		end)
	end

	function own.get_event_handler(event)
		local slot = events[key_of(event)]
		return slot and slot[side]
	end

	function own.get_event_filter(event)
		local slot = events[key_of(event)]
		return slot and slot.filters[side]
	end

	function own.set_event_filter(event, filters)
		local slot = events[key_of(event)]
		if not slot or not (slot.scenario or slot.modules) then
			return real.set_event_filter(event, filters)
		end
		if slot[side] then
			set_event(side, event, slot[side], filters)
		end
	end

	return setmetatable({}, {
		__index = function(_, name)
			local member = own[name]
			if member == nil then
				member = real[name]
			end
			return member
		end,
		__newindex = function(_, name, value)
			real[name] = value -- the game's own refusal
		end,
	})
end

-- What the global `script` is while a side runs. A scenario may put something of its own there, which it then finds again.
local seen = { scenario = script_for("scenario"), modules = script_for("modules") }
---@type SwitchyardSide?
local current

local scenario = {}

---Makes `script` that of a side.
---@param side SwitchyardSide
function scenario.enter(side)
	if current then
		seen[current] = script
	end
	current = side
	script = seen[side]
end

---Call it at the end of control.lua. From then on the scenario's `script` is the global one: its functions are also called
---through remote interfaces, commands and the console, while modules register nothing outside of event_handler.
function scenario.start()
	for _, name in ipairs(LIFE_CYCLE) do
		real[name](function(...)
			for _, side in ipairs({ "scenario", "modules" }) do
				scenario.enter(side)
				local handler = life_cycle[side][name]
				if handler then
					handler(...)
				end
			end
			scenario.enter("scenario")
		end)
	end
	scenario.enter("scenario")
end

return scenario
