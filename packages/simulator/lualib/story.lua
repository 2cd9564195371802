-- Stands in for the core library's story of campaign levels. Its steps build entities and GUIs, of which the simulator has
-- none, so a story stands still at its beginning: the level's script loads, gets its events and is saved.
function story_init_helpers() end

function story_init()
  return { story_index = 1, story_position = 1, current_story_started_at = 0, updates = {} }
end

function story_update(story)
  return story
end

function story_jump_to() end

function story_elapsed_check()
  return false
end

function story_show_message_dialog() end

function recreate_entities() end

function export_entities()
  return {}
end
