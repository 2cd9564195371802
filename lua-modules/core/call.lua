-- Calls of functions by their names, as the host asks for them, and their results as text.
local compat = require("modules/switchyard_core/compat")

local call = {}

---@param path string names joined by dots from the globals on; a first dot stands for `switchyard_core`
---@return function
function call.resolve(path)
	local value = _G
	if path:sub(1, 1) == "." then
		value = switchyard_core
	end
	for name in path:gmatch("[^.]+") do
		if type(value) ~= "table" and type(value) ~= "userdata" then
			value = nil
			break
		end
		value = value[name]
	end
	if not value then
		error("This save has no function " .. path, 0)
	end
	return value
end

---@param value any
---@return string
function call.to_text(value)
	if value == nil then
		return ""
	end
	if type(value) == "table" then
		return compat.table_to_json(value)
	end
	return tostring(value)
end

---Never raises an error.
---@param path string
---@return boolean ok
---@return string text the result or what went wrong
function call.protected(path, ...)
	local ok, text = pcall(function(...)
		return call.to_text(call.resolve(path)(...))
	end, ...)
	return ok, ok and text or tostring(text)
end

return call
