-- Loaded into every patched save before all other modules.
local batch = require("modules/switchyard_core/batch")
local bulk = require("modules/switchyard_core/bulk")
local get_state = require("modules/switchyard_core/state")
local receive = require("modules/switchyard_core/receive")
local switchyard = require("modules/switchyard_core/api")

---The host's side of the door. Commands run on all peers alike, so what they do stays in step;
---anything done in on_load instead would also run on each player's machine at another time.
switchyard_core = {
	batch = batch,
	receive = receive.whole,
	bulk_part = bulk.part,
	bulk_missing = bulk.missing,
	bulk_finish = bulk.finish,
	bulk_forget = bulk.forget,
}

---@param id string
---@param name string
---@param start_id string another one for each start of the server
function switchyard_core.set_instance(id, name, start_id)
	local state = get_state()
	if state.instance_id ~= id or state.instance_name ~= name then
		state.instance_id = id
		state.instance_name = name
		script.raise_event(switchyard.events.on_instance_updated, { instance_id = id, instance_name = name })
	end
	if state.start_id ~= start_id then
		state.start_id = start_id
		-- A save that scripts were added to replays differently from what was recorded.
		game.disable_replay()
		script.raise_event(switchyard.events.on_startup, { start_id = start_id })
	end
end

local core = {}

function core.add_remote_interface()
	remote.add_interface("switchyard", {
		get_instance_id = switchyard.get_instance_id,
		get_instance_name = switchyard.get_instance_name,
		get_events = function()
			return switchyard.events
		end,
		send = switchyard.send,
	})
end

return core
