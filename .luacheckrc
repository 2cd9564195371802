std = "lua52"
max_line_length = 130
-- The game's own globals, as scripts see them while control.lua is parsed and in events.
read_globals = {
  "script", "game", "remote", "rcon", "commands", "helpers", "log", "defines", "prototypes", "settings", "rendering",
  "localised_print", "serpent", "table_size", "mod_name", "feature_flags",
  table = { fields = { "deepcopy" } },
  string = { other_fields = true },
}
globals = { "storage", "global", "switchyard_core" }
exclude_files = { "**/node_modules/**", "packages/simulator/lua-vm/vendor/**" }
