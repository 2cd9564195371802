-- A minimal freeplay of our own: keeps the items that players start with as data and offers the remote interface
-- that other scripts change it through. Nobody gets items, because players have no inventories yet.
local freeplay = {}

local function saved()
  return storage or global
end

local function start_state()
  local state = saved()
  state.created_items = state.created_items or { ["iron-plate"] = 8, wood = 1, pistol = 1 }
  state.respawn_items = state.respawn_items or { pistol = 1 }
  state.skip_intro = state.skip_intro or false
end

freeplay.on_init = start_state
freeplay.on_configuration_changed = start_state

function freeplay.add_remote_interface()
  if remote.interfaces["freeplay"] then return end
  remote.add_interface("freeplay", {
    get_created_items = function() return saved().created_items end,
    set_created_items = function(items) saved().created_items = items end,
    get_respawn_items = function() return saved().respawn_items end,
    set_respawn_items = function(items) saved().respawn_items = items end,
    get_skip_intro = function() return saved().skip_intro end,
    set_skip_intro = function(value) saved().skip_intro = value end,
    get_disable_crashsite = function() return saved().disable_crashsite end,
    set_disable_crashsite = function(value) saved().disable_crashsite = value end,
  })
end

return freeplay
