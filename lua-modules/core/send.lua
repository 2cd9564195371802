-- Messages from the game to the host: a line on stdout that the host takes out of the log.
--
--   \f$ipc:<channel>?j<json>   short ones
--   \f$ipc:<channel>?f<file>   long ones; the JSON is in script-output/<file>, which the host reads and removes
local compat = require("modules/switchyard_core/compat")
local get_state = require("modules/switchyard_core/state")

-- A printed line of more than 4 kB is cut on Windows consoles.
local MAX_LINE_BYTES = 4000

local function escape_channel(channel)
	return (channel:gsub("[%c?\\]", function(character)
		return string.format("\\x%02x", character:byte())
	end))
end

---Sends a table to the host side of a plugin. Must run in an event or command, on all peers alike.
---An empty table arrives as `{}`: leave empty lists out.
---@param channel string `<plugin>:<noun>`, declared in the plugin's manifest
---@param payload table
return function(channel, payload)
	local json = compat.table_to_json(payload)
	local head = "\f$ipc:" .. escape_channel(channel) .. "?"
	if #head + 1 + #json <= MAX_LINE_BYTES then
		print(head .. "j" .. json)
		return
	end
	local state = get_state()
	state.file_number = state.file_number + 1
	local file = "switchyard-" .. state.file_number .. ".json"
	compat.write_server_file(file, json)
	print(head .. "f" .. file)
end
