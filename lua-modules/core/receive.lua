-- Messages from the host to the game: the host calls these functions by RCON, whole or in parts.
local compat = require("modules/switchyard_core/compat")
local get_state = require("modules/switchyard_core/state")

-- More open messages than this means that their sender is gone; the oldest are dropped.
local MAX_OPEN_MESSAGES = 64

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

local function forget(state, id)
	state.parts[id] = nil
	for index, other in ipairs(state.part_order) do
		if other == id then
			table.remove(state.part_order, index)
			return
		end
	end
end

local function open_message(state, id, count)
	local message = { count = count, received = 0, texts = {} }
	state.parts[id] = message
	table.insert(state.part_order, id)
	while #state.part_order > MAX_OPEN_MESSAGES do
		forget(state, state.part_order[1])
	end
	return message
end

---Takes one part; when all are here the message is `<channel>\n<json>`. A part that comes again changes nothing.
---@param id string the same for all parts of a message
---@param index integer 1 and up
---@param count integer how many parts there are
---@param text string
function receive.part(id, index, count, text)
	local state = get_state()
	local message = state.parts[id] or open_message(state, id, count)
	if message.count ~= count or index < 1 or index > count then
		forget(state, id)
		error("Part " .. index .. " of " .. count .. " does not belong to the message " .. id, 0)
	end
	if not message.texts[index] then
		message.texts[index] = text
		message.received = message.received + 1
	end
	if message.received < count then
		return
	end
	forget(state, id)
	local whole = table.concat(message.texts)
	local line_feed = whole:find("\n", 1, true)
	if not line_feed then
		error("The message " .. id .. " names no channel", 0)
	end
	receive.whole(whole:sub(1, line_feed - 1), whole:sub(line_feed + 1))
end

return receive
