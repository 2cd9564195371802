-- Long texts from the host: compressed, in parts that come in any order, over connections that may be lost in between.
-- Parts are told by their place in the compressed text, so that the host can cut it anew at any time.
local call = require("modules/switchyard_core/call")
local compat = require("modules/switchyard_core/compat")
local get_state = require("modules/switchyard_core/state")

-- More than this means that senders are gone; the oldest transfers are dropped.
local MAX_OPEN = 16
local MAX_BYTES = 8 * 1024 * 1024
-- Finished ones are remembered, so that a repeated finish gets the same answer and runs nothing again.
local MAX_DONE = 64
local MAX_RESULT_BYTES = 4000

local bulk = {}

local function drop(state, id)
	local transfer = state.open[id]
	if not transfer then
		return
	end
	state.open[id] = nil
	state.bytes = state.bytes - transfer.bytes
	for index, other in ipairs(state.order) do
		if other == id then
			table.remove(state.order, index)
			return
		end
	end
end

local function remember(state, id, ok, text)
	drop(state, id)
	state.done[id] = { ok = ok, text = text }
	table.insert(state.done_order, id)
	if #state.done_order > MAX_DONE then
		state.done[table.remove(state.done_order, 1)] = nil
	end
end

---Takes a part. One that comes again, or for a transfer that is done, changes nothing.
---@param id string
---@param offset integer of the part's first byte, from 0
---@param text string
function bulk.part(id, offset, text)
	local state = get_state().bulk
	if state.done[id] then
		return
	end
	local transfer = state.open[id]
	if not transfer then
		transfer = { bytes = 0, texts = {} }
		state.open[id] = transfer
		table.insert(state.order, id)
	end
	local held = transfer.texts[offset]
	if held and #held >= #text then
		return
	end
	local added = #text - (held and #held or 0)
	transfer.texts[offset] = text
	transfer.bytes = transfer.bytes + added
	state.bytes = state.bytes + added
	while #state.order > MAX_OPEN or state.bytes > MAX_BYTES do
		drop(state, state.order[1])
	end
end

local function sorted_offsets(texts)
	local offsets = {}
	for offset in pairs(texts) do
		offsets[#offsets + 1] = offset
	end
	table.sort(offsets)
	return offsets
end

---@param id string
---@param size integer of the whole compressed text
---@return string gaps as `0-800,1600-2400`, ends not included; "" when nothing is missing
function bulk.missing(id, size)
	local state = get_state().bulk
	if state.done[id] then
		return ""
	end
	local texts = state.open[id] and state.open[id].texts or {}
	local gaps = {}
	local at = 0
	for _, offset in ipairs(sorted_offsets(texts)) do
		if offset > at then
			gaps[#gaps + 1] = ("%d-%d"):format(at, offset)
		end
		at = math.max(at, offset + #texts[offset])
	end
	if at < size then
		gaps[#gaps + 1] = ("%d-%d"):format(at, size)
	end
	return table.concat(gaps, ",")
end

-- Parts may overlap when the host cut the text in different ways.
local function join(texts)
	local pieces = {}
	local at = 0
	for _, offset in ipairs(sorted_offsets(texts)) do
		local text = texts[offset]
		if offset + #text > at then
			pieces[#pieces + 1] = text:sub(at - offset + 1)
			at = offset + #text
		end
	end
	return table.concat(pieces)
end

---Adler-32. Numbers are doubles, so that remainders have to be taken only now and then.
---@param text string
---@return integer
function bulk.checksum(text)
	local byte = string.byte
	local a, b = 1, 0
	local size = #text
	local whole = size - size % 8
	for index = 1, whole, 8 do
		local c1, c2, c3, c4, c5, c6, c7, c8 = byte(text, index, index + 7)
		b = b + 8 * a + 8 * c1 + 7 * c2 + 6 * c3 + 5 * c4 + 4 * c5 + 3 * c6 + 2 * c7 + c8
		a = a + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8
		if index % 32768 == 1 then
			a, b = a % 65521, b % 65521
		end
	end
	for index = whole + 1, size do
		a = a + byte(text, index)
		b = b + a
	end
	return b % 65521 * 65536 + a % 65521
end

---The last part, and what is to be done with the text: `path(..., text)` is called once, whatever comes of it.
---@param id string
---@param size integer of the whole compressed text
---@param checksum integer of the whole compressed text
---@param offset integer of the last part
---@param text string the last part
---@param path string
---@param ... any what the function gets before the text
---@return string `+<result>`, or `?<gaps>` when parts are missing
function bulk.finish(id, size, checksum, offset, text, path, ...)
	local state = get_state().bulk
	if not state.done[id] then
		bulk.part(id, offset, text)
		local gaps = bulk.missing(id, size)
		if gaps ~= "" then
			return "?" .. gaps
		end
		local base64 = join(state.open[id].texts)
		if bulk.checksum(base64) ~= checksum then
			drop(state, id)
			return "?0-" .. size
		end
		local whole = compat.decode_string(base64)
		local ok, result = false, "The text cannot be decompressed"
		-- Done before it runs: whatever the function does, it does it once.
		remember(state, id, ok, result)
		if whole then
			local count = select("#", ...)
			local arguments = { ... }
			arguments[count + 1] = whole
			ok, result = call.protected(path, table.unpack(arguments, 1, count + 1))
		end
		if #result > MAX_RESULT_BYTES then
			state.done[id] = { ok = ok, text = "The result was too long to be kept" }
			return ok and "+" .. result or error(result, 0)
		end
		state.done[id] = { ok = ok, text = result }
	end
	local done = state.done[id]
	return done.ok and "+" .. done.text or error(done.text, 0)
end

---Drops what has come; what still comes is ignored.
---@param id string
function bulk.forget(id)
	local state = get_state().bulk
	if not state.done[id] then
		remember(state, id, false, "The transfer was given up")
	end
end

return bulk
