-- What modules use: local switchyard = require("modules/switchyard_core/api")
local get_state = require("modules/switchyard_core/state")
local receive = require("modules/switchyard_core/receive")

---@class SwitchyardApi
local switchyard = {}

switchyard.send = require("modules/switchyard_core/send")

---Listens on a `to-game` channel. Call it while control.lua is parsed, never in an event.
---An error in the handler is answered to the sender and does not stop the server.
switchyard.on_message = receive.on_message

---Custom events; their ids are given out while control.lua is parsed, in a fixed order.
switchyard.events = {
	---Once for each start of the server, when its host has taken charge. { start_id }
	on_startup = script.generate_event_name(),
	---When the instance got its name or a new one. { instance_id, instance_name }
	on_instance_updated = script.generate_event_name(),
}

---@return string? nil until the host has first taken charge of this save
function switchyard.get_instance_id()
	return get_state().instance_id
end

---@return string?
function switchyard.get_instance_name()
	return get_state().instance_name
end

return switchyard
