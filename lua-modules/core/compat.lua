-- What differs between Factorio 1.1 and 2.0, under one name each.
local compat = {}

---The table that the game saves with the map: `storage` since 2.0, `global` before.
---Fetch it anew in every event: the game replaces it when a save is loaded.
---@return table
function compat.saved()
	return rawget(_G, "storage") or rawget(_G, "global")
end

-- 2.0 moved these from `game` to `helpers`.
local function json_api()
	return rawget(_G, "helpers") or game
end

---@param value table
---@return string
function compat.table_to_json(value)
	return json_api().table_to_json(value)
end

---@param json string
---@return table? nil when the text is not JSON
function compat.json_to_table(json)
	return json_api().json_to_table(json)
end

---@param base64 string of zlib's deflate
---@return string? nil when it is not that
function compat.decode_string(base64)
	return json_api().decode_string(base64)
end

---Writes a file below script-output on the server only, not on the machines of players.
---@param name string
---@param text string
function compat.write_server_file(name, text)
	json_api().write_file(name, text, false, 0)
end

return compat
