-- Globals that must know their caller. Runs once in every script state, before anything of the save.
local write_log = ...
local getinfo = debug.getinfo

function log(message)
  local caller = getinfo(2, "Sl")
  write_log(caller.source .. ":" .. caller.currentline, message)
end
