-- What a save of 2.0.29 and later loads as its scenario.
local handler = require("event_handler")

handler.add_lib(require("__core__/lualib/freeplay"))
if script.active_mods["space-age"] then
  handler.add_lib(require("space-finish-script"))
else
  handler.add_lib(require("silo-script"))
end
