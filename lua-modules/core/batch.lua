-- Several calls in one command: on a server a command takes a tick however short it is.
local call = require("modules/switchyard_core/call")

local unpack = table.unpack

-- Results are told apart by line feeds, and the bytes of a reply have to be UTF-8: so all but printable ASCII is escaped.
local SPECIAL = "[%c\\\127-\255]"
local escapes = {}
for byte = 0, 255 do
	escapes[string.char(byte)] = ("\\%02x"):format(byte)
end

local function escape(text)
	if text:find(SPECIAL) then
		return (text:gsub(SPECIAL, escapes))
	end
	return text
end

---Runs each call by itself and answers the command with `batch <number of calls>`, then one line for each call:
---`+<result>` or `-<error>`.
---@param calls table[] each is { path, arguments..., n = number of arguments where one of them is nil }
return function(calls)
	local lines = { "batch " .. #calls }
	for index, each in ipairs(calls) do
		local ok, text = call.protected(each[1], unpack(each, 2, 1 + (each.n or #each - 1)))
		lines[index + 1] = (ok and "+" or "-") .. escape(text)
	end
	rcon.print(table.concat(lines, "\n"))
end
