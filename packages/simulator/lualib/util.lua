-- The few helpers of the core library that modules commonly use; own code, same names.
local util = { table = {} }

function util.table.deepcopy(value)
  local copies = {}
  local function copy(original)
    if type(original) ~= "table" then return original end
    if copies[original] then return copies[original] end
    local made = {}
    copies[original] = made
    for key, item in pairs(original) do made[copy(key)] = copy(item) end
    return setmetatable(made, getmetatable(original))
  end
  return copy(value)
end
table.deepcopy = util.table.deepcopy
util.copy = util.table.deepcopy

function util.table.compare(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  for key, value in pairs(a) do
    if not util.table.compare(value, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end
table.compare = util.table.compare

function util.distance(a, b)
  local x, y = (a.x or a[1]) - (b.x or b[1]), (a.y or a[2]) - (b.y or b[2])
  return math.sqrt(x * x + y * y)
end

function util.formattime(ticks)
  local seconds = math.floor(ticks / 60)
  return ("%d:%02d"):format(math.floor(seconds / 60), seconds % 60)
end

function util.split(text, separators)
  local result = {}
  for part in text:gmatch("[^" .. separators .. "]+") do result[#result + 1] = part end
  return result
end

function util.merge(tables)
  local result = {}
  for _, source in ipairs(tables) do
    for key, value in pairs(source) do
      if type(value) == "table" and type(result[key]) == "table" then
        result[key] = util.merge({ result[key], value })
      else
        result[key] = util.table.deepcopy(value)
      end
    end
  end
  return result
end

function util.list_to_map(list)
  local map = {}
  for _, item in pairs(list) do map[item] = true end
  return map
end

return util
