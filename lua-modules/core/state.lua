-- The part of the saved table that belongs to this module. All of it must be in the saved table: a player who joins
-- gets the map with it, and every peer has to run the same steps from the same state.
local compat = require("modules/switchyard_core/compat")

---@class SwitchyardCoreState
---@field instance_id string?
---@field instance_name string?
---@field start_id string? names one start of the server
---@field file_number integer numbers the files that carry long messages out
---@field bulk SwitchyardBulk

---@class SwitchyardBulk long texts from the host
---@field open table<string, SwitchyardTransfer>
---@field order string[] ids in `open`, oldest first
---@field bytes integer of all texts in `open`
---@field done table<string, SwitchyardOutcome>
---@field done_order string[] ids in `done`, oldest first

---@class SwitchyardTransfer
---@field bytes integer of all its texts
---@field texts table<integer, string> by the place of their first byte

---@class SwitchyardOutcome
---@field ok boolean
---@field text string the result or what went wrong

---@return SwitchyardCoreState
return function()
	local saved = compat.saved()
	local state = saved.switchyard_core
	if not state then
		state = { file_number = 0 }
		saved.switchyard_core = state
	end
	if not state.bulk then
		state.bulk = { open = {}, order = {}, bytes = 0, done = {}, done_order = {} }
		-- How long messages came in earlier saves.
		state.parts, state.part_order = nil, nil
	end
	return state
end
