-- The crashed ship at the start of freeplay; the simulator has no entities to build it from.
local crash_site = {}

function crash_site.create_crash_site() end

function crash_site.create_cutscene() end

function crash_site.default_ship_parts()
  return {}
end

return crash_site
