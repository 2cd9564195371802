import type { ApiClass, Attribute, Singleton } from "./api-class.js";
import { emptyTable, LUA_CUSTOM_TABLE } from "./lua-custom-table.js";

const KINDS =
  `achievement active_trigger airborne_pollutant ammo_category asteroid_chunk autoplace_control burner_usage
collision_layer custom_event custom_input damage decorative deliver_category entity equipment equipment_category equipment_grid fluid font
fuel_category item item_group item_subgroup map_gen_preset max_force_distraction_chunk_distance mod_data mod_setting
module_category named_noise_expression named_noise_function particle procession procession_layer_inheritance_group quality
recipe recipe_category resource_category shortcut space_connection space_location surface surface_property technology
tile trivial_smoke virtual_signal`.split(/\s+/);

/** `prototypes` of 2.0; there is no prototype data in the simulator, so all tables are empty. */
export const LUA_PROTOTYPES: ApiClass<Singleton> = {
  name: "LuaPrototypes",
  attributes: Object.fromEntries(
    KINDS.map((kind): [string, Attribute<Singleton>] => {
      const table = emptyTable(`prototypes.${kind}`);
      return [kind, { read: (_, api) => api.object(LUA_CUSTOM_TABLE, table) }];
    }),
  ),
  describe: () => "prototypes",
  restore: () => undefined,
};
