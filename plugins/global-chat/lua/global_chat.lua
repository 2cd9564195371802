local switchyard = require("modules/switchyard_core/api")
local compat = require("modules/switchyard_core/compat")

local function state()
	local saved = compat.saved()
	saved.global_chat = saved.global_chat or {}
	return saved.global_chat
end

local function to_byte(part)
	return math.floor((part or 0) * 255 + 0.5)
end

-- Whole numbers keep the message short: the game writes fractions out in full.
local function color_of(player)
	local color = player.chat_color
	return { r = to_byte(color.r), g = to_byte(color.g), b = to_byte(color.b) }
end

switchyard.on_message("global-chat:show", function(line)
	local chat = state()
	-- After a lost connection the host gives its last line again, as it cannot know whether it was shown.
	if chat.last_key == line.key then
		return
	end
	chat.last_key = line.key
	game.print(line.text, line.color)
end)

local global_chat = {}

global_chat.events = {
	[defines.events.on_console_chat] = function(event)
		local player = event.player_index and game.get_player(event.player_index)
		switchyard.send("global-chat:said", {
			player = player and player.name,
			text = event.message,
			color = player and color_of(player),
		})
	end,
}

return global_chat
