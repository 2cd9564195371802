import type { LuaFunctionRef, LuaValue } from "../lua/types.js";
import type { ApiClass, Singleton } from "./api-class.js";
import type { Api } from "./api.js";
import { isFunction, isTable, stringOf } from "./arguments.js";

/** Interfaces between scripts. Values are copied on the way, as between the Lua states of mods. */
export const LUA_REMOTE: ApiClass<Singleton> = {
  name: "LuaRemote",
  attributes: {
    interfaces: {
      read: (_, api) =>
        api.value(
          Object.fromEntries(
            [...api.interfaces].map(([name, functions]) => [
              name,
              Object.fromEntries([...functions.keys()].map((key) => [key, true])),
            ]),
          ),
        ),
    },
  },
  methods: {
    add_interface: (_, args, api) => {
      const name = args.string(0, "name");
      if (api.interfaces.has(name)) throw new Error(`Interface with this name already exists: ${name}`);
      const functions = new Map<string, LuaFunctionRef>();
      for (const [key, value] of args.table(1, "functions").entries()) {
        const functionName = stringOf(key);
        if (functionName !== undefined && isFunction(value)) functions.set(functionName, value);
      }
      api.interfaces.set(name, functions);
    },
    remove_interface: (_, args, api) => api.interfaces.delete(args.string(0, "name")),
    call: (_, args, api) => {
      const name = args.string(0, "interface");
      const functionName = args.string(1, "function");
      const functions = api.interfaces.get(name);
      if (!functions) throw new Error(`Unknown interface: ${name}`);
      const run = functions.get(functionName);
      if (!run) throw new Error(`No such function: ${name}.${functionName}`);
      return run
        .call(...args.values.slice(2).map((value) => copy(value, api)))
        .map((value) => copy(value, api));
    },
  },
  describe: () => "remote",
  restore: () => undefined,
};

function copy(value: LuaValue, api: Api): LuaValue {
  if (!isTable(value)) return value;
  const bytes = api.vm.serialize(value, (object) => api.describeObject(object));
  return api.vm.deserialize(bytes, (text) => api.restoreObject(text));
}
