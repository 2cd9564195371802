-- Messages from the host to the game: the host calls this by RCON; long ones come by a bulk transfer.
local compat = require("modules/switchyard_core/compat")

local receive = {}

-- Filled while control.lua is parsed, so it is the same on all peers and need not be saved.
local handlers = {}

---@param channel string
---@param handler fun(payload: table)
function receive.on_message(channel, handler)
	if handlers[channel] then
		error("The channel " .. channel .. " has a handler already", 2)
	end
	handlers[channel] = handler
end

---@param channel string
---@param json string
function receive.whole(channel, json)
	local handler = handlers[channel]
	if not handler then
		error("No module of this save listens on the channel " .. tostring(channel), 0)
	end
	local payload = compat.json_to_table(json)
	if type(payload) ~= "table" then
		error("The message on the channel " .. channel .. " is not a JSON object or list", 0)
	end
	handler(payload)
end

return receive
