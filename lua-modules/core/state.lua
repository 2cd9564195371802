-- The part of the saved table that belongs to this module. All of it must be in the saved table: a player who joins
-- gets the map with it, and every peer has to run the same steps from the same state.
local compat = require("modules/switchyard_core/compat")

---@class SwitchyardCoreState
---@field instance_id string?
---@field instance_name string?
---@field start_id string? names one start of the server
---@field file_number integer numbers the files that carry long messages out
---@field parts table<string, SwitchyardParts> messages of which some parts have come
---@field part_order string[] ids in `parts`, oldest first

---@class SwitchyardParts
---@field count integer
---@field received integer
---@field texts table<integer, string>

---@return SwitchyardCoreState
return function()
	local saved = compat.saved()
	local state = saved.switchyard_core
	if not state then
		state = { file_number = 0, parts = {}, part_order = {} }
		saved.switchyard_core = state
	end
	return state
end
