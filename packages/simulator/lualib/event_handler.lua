-- Lets several libraries share one script. A library is a table with any of: events {[id or name] = function},
-- on_nth_tick {[ticks] = function}, on_init, on_load, on_configuration_changed, add_remote_interface, add_commands.
-- Handlers run in the order in which the libraries were added. Nothing is registered before on_init or on_load.
local handler = {}
local libraries = {}

local function call_all(name, ...)
  for _, library in ipairs(libraries) do
    local run = library[name]
    if run then run(...) end
  end
end

-- {[key] = {function, ...}} over all libraries, keys in the order of their first appearance.
local function collect(field)
  local lists = {}
  for _, library in ipairs(libraries) do
    for key, run in pairs(library[field] or {}) do
      local list = lists[key] or {}
      lists[key] = list
      list[#list + 1] = run
    end
  end
  return lists
end

local function combined(list)
  if #list == 1 then return list[1] end
  return function(event)
    for index = 1, #list do list[index](event) end
  end
end

local function register()
  call_all("add_remote_interface")
  call_all("add_commands")
  for event, list in pairs(collect("events")) do script.on_event(event, combined(list)) end
  for ticks, list in pairs(collect("on_nth_tick")) do script.on_nth_tick(ticks, combined(list)) end
end

script.on_init(function()
  call_all("on_init")
  register()
end)

script.on_load(function()
  call_all("on_load")
  register()
end)

script.on_configuration_changed(function(data)
  call_all("on_configuration_changed", data)
end)

function handler.add_lib(library)
  for _, known in ipairs(libraries) do
    if known == library then error("Trying to register same lib twice") end
  end
  libraries[#libraries + 1] = library
end

function handler.add_libraries(list)
  for _, library in pairs(list) do handler.add_lib(library) end
end

return handler
