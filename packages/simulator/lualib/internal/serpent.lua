-- Turns values into readable Lua text. Own code with the names and the output shape of the well-known library:
-- line() on one line, block() indented, dump() as a chunk that returns the value. Keys are sorted.
local serpent = {}

local keywords = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat return then true
until while]]):gmatch("%a+") do
  keywords[word] = true
end

local function number_text(value)
  if value ~= value then return "0/0" end
  if value == math.huge then return "math.huge" end
  if value == -math.huge then return "-math.huge" end
  if value == math.floor(value) and math.abs(value) < 1e15 then return ("%d"):format(value) end
  return ("%.17g"):format(value)
end

local function scalar_text(value)
  local kind = type(value)
  if kind == "string" then return (("%q"):format(value):gsub("\\\n", "\\n"):gsub("\r", "\\r")) end
  if kind == "number" then return number_text(value) end
  if kind == "boolean" or kind == "nil" then return tostring(value) end
  return '"' .. tostring(value) .. '"'
end

local function key_text(key)
  if type(key) == "string" and key:match("^[%a_][%w_]*$") and not keywords[key] then return key end
  return "[" .. scalar_text(key) .. "]"
end

local function order(a, b)
  local kind_a, kind_b = type(a), type(b)
  if kind_a ~= kind_b then return kind_a < kind_b end
  if kind_a == "number" or kind_a == "string" then return a < b end
  return tostring(a) < tostring(b)
end

local function sorted_keys(value)
  local keys = {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, order)
  return keys
end

local write

local function write_table(value, options, level, seen)
  if seen[value] then return "nil --[[ref]]" end
  if options.maxlevel and level >= options.maxlevel then return "{}" end
  seen[value] = true
  local parts, length = {}, #value
  for index = 1, length do parts[#parts + 1] = write(value[index], options, level + 1, seen) end
  for _, key in ipairs(sorted_keys(value)) do
    local in_sequence = type(key) == "number" and key >= 1 and key <= length and key == math.floor(key)
    if not in_sequence then
      parts[#parts + 1] = key_text(key) .. " = " .. write(value[key], options, level + 1, seen)
    end
  end
  seen[value] = nil
  if #parts == 0 then return "{}" end
  if not options.indent then return "{" .. table.concat(parts, ", ") .. "}" end
  local inner = "\n" .. options.indent:rep(level + 1)
  return "{" .. inner .. table.concat(parts, "," .. inner) .. "\n" .. options.indent:rep(level) .. "}"
end

write = function(value, options, level, seen)
  if type(value) == "table" then return write_table(value, options, level, seen) end
  return scalar_text(value)
end

function serpent.line(value, options)
  return write(value, { maxlevel = options and options.maxlevel }, 0, {})
end

function serpent.block(value, options)
  local indent = options and options.indent or "  "
  return write(value, { maxlevel = options and options.maxlevel, indent = indent }, 0, {})
end

function serpent.dump(value)
  return "return " .. write(value, {}, 0, {})
end

function serpent.load(text)
  local chunk, message = load(text, "=(load)", "t", {})
  if not chunk then return false, message end
  return pcall(chunk)
end

return serpent
