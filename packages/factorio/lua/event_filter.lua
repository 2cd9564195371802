-- Applies the filters of script.on_event where the game cannot: an event that the scenario and modules both handle has to be
-- registered without filters, because the game keeps one handler for an event and modules want all of them.

local function types(...)
	local set = {}
	for _, name in ipairs({ ... }) do
		set[name] = true
	end
	return set
end

-- Filters that stand for a set of entity types.
local CLASSES = {
	["ghost"] = types("entity-ghost", "tile-ghost"),
	["rail"] = types(
		"straight-rail", "curved-rail", "half-diagonal-rail", "curved-rail-a", "curved-rail-b", "rail-ramp",
		"elevated-straight-rail", "elevated-half-diagonal-rail", "elevated-curved-rail-a", "elevated-curved-rail-b",
		"legacy-straight-rail", "legacy-curved-rail"
	),
	["rail-signal"] = types("rail-signal", "rail-chain-signal"),
	["rolling-stock"] = types("locomotive", "cargo-wagon", "fluid-wagon", "artillery-wagon"),
	["vehicle"] = types("car", "spider-vehicle", "locomotive", "cargo-wagon", "fluid-wagon", "artillery-wagon"),
	["turret"] = types("turret", "ammo-turret", "electric-turret", "fluid-turret", "artillery-turret"),
	["crafting-machine"] = types("assembling-machine", "furnace", "rocket-silo"),
	["robot-with-logistics-interface"] = types("construction-robot", "logistic-robot"),
	["transport-belt-connectable"] = types(
		"transport-belt", "underground-belt", "splitter", "lane-splitter", "loader", "loader-1x1", "linked-belt"
	),
}

local COMPARISONS = {
	["="] = function(a, b) return a == b end,
	[">"] = function(a, b) return a > b end,
	["<"] = function(a, b) return a < b end,
	[">="] = function(a, b) return a >= b end,
	["<="] = function(a, b) return a <= b end,
	["!="] = function(a, b) return a ~= b end,
}
COMPARISONS["≥"], COMPARISONS["≤"], COMPARISONS["≠"] = COMPARISONS[">="], COMPARISONS["<="], COMPARISONS["!="]

local function compares(filter, actual)
	local compare = COMPARISONS[filter.comparison or ">"]
	if not compare or not actual or not filter.value then
		return true
	end
	return compare(actual, filter.value)
end

---@type table<string, fun(filter: table, subject: table, event: table): boolean>
local KINDS = {
	["type"] = function(filter, subject) return subject.type == filter.type end,
	["name"] = function(filter, subject) return subject.name == filter.name end,
	["force"] = function(filter, subject) return subject.force.name == filter.force end,
	["ghost_type"] = function(filter, subject)
		return subject.type == "entity-ghost" and subject.ghost_type == filter.type
	end,
	["ghost_name"] = function(filter, subject)
		return subject.type == "entity-ghost" and subject.ghost_name == filter.name
	end,
	["damage-type"] = function(filter, _, event) return event.damage_type.name == filter.type end,
	["original-damage-amount"] = function(filter, _, event) return compares(filter, event.original_damage_amount) end,
	["final-damage-amount"] = function(filter, _, event) return compares(filter, event.final_damage_amount) end,
	["final-health"] = function(filter, _, event) return compares(filter, event.final_health) end,
}

local function holds(filter, subject, event)
	local class, kind = CLASSES[filter.filter], KINDS[filter.filter]
	local result
	if class then
		result = class[subject.type] == true
	elseif kind then
		result = kind(filter, subject, event)
	else
		return true -- needs the prototype's insides: calling once too often is the smaller harm
	end
	return result ~= (filter.invert == true)
end

---Whether a handler registered with these filters wants this event: "and" joins neighbours before "or" does, as in the game.
---@param filters table[]? nil wants everything
---@param event table
---@return boolean
return function(filters, event)
	if not filters or #filters == 0 then
		return true
	end
	local subject = event.entity or event.created_entity or event.source or event.ghost or event.radar or event.prototype
	if not subject or not subject.valid then
		return true
	end
	local group = true
	for index, filter in ipairs(filters) do
		if index > 1 and filter.mode ~= "and" then
			if group then
				return true
			end
			group = true
		end
		group = group and holds(filter, subject, event)
	end
	return group
end
