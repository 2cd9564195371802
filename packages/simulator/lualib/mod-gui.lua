-- Stands in for the core library's GUI helpers. Players have no GUI in the simulator yet, so using one is an error
-- that says so, while requiring the file is fine.
local mod_gui = { button_style = "frame_button", frame_style = "frame" }

function mod_gui.get_button_flow(player)
  return player.gui.top
end

function mod_gui.get_frame_flow(player)
  return player.gui.left
end

return mod_gui
