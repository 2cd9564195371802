-- The rocket silo's part of freeplay: rockets do not exist in the simulator, only the state and its interface do.
local silo_script = {}

local function saved()
  return storage or global
end

function silo_script.on_init()
  saved().silo_script = saved().silo_script or { finished = {} }
end

silo_script.on_configuration_changed = silo_script.on_init

function silo_script.add_remote_interface()
  if remote.interfaces["silo_script"] then return end
  remote.add_interface("silo_script", {
    get_no_victory = function() return saved().silo_script.no_victory end,
    set_no_victory = function(value) saved().silo_script.no_victory = value end,
  })
end

return silo_script
