-- Globals that must know their caller. Runs once in every script state, before anything of the save.
-- locate(source, name) gives the name under which a module is loaded once, wherever it is required from, or nil and
-- why not.
local write_log, locate = ...
local getinfo = debug.getinfo
local load_module = require

function log(message)
  local caller = getinfo(2, "Sl")
  write_log(caller.source .. ":" .. caller.currentline, message)
end

-- Files may name their neighbours without a folder, so the caller's own path matters.
function require(name)
  local level = 2
  local caller = getinfo(level, "S")
  while caller and caller.source == "=[C]" do
    level = level + 1
    caller = getinfo(level, "S")
  end
  local path, refusal = locate(caller and caller.source or "", name)
  if not path then error(refusal, 2) end
  return load_module(path)
end
