/*
** The libraries that scripts may use, as in the game.
*/

#define LUA_CORE  /* for the count of a table's entries */

#include "glue.h"
#include "../vendor/lauxlib.h"
#include "../vendor/lobject.h"
#include "../vendor/ltable.h"
#include "../vendor/lualib.h"

static int table_size (lua_State *l) {
  luaL_checktype(l, 1, LUA_TTABLE);
  lua_pushinteger(l, luaH_count((const Table *)lua_topointer(l, 1)));
  return 1;
}


static int require_allowed;

EXPORT(set_require_allowed) void set_require_allowed (int allowed) {
  require_allowed = allowed;
}


/*
** Modules are kept in upvalue 1, dots and slashes being equal. Their code runs
** in this call, without a protected one in between, so that errors keep their
** whole traceback. A light userdata marks a module that is being loaded, or
** that failed to.
*/
static int require (lua_State *l) {
  size_t length;
  const char *name = luaL_checklstring(l, 1, &length);
  int found;
  if (!require_allowed) {  /* the game gives no position here */
    lua_pushliteral(l, "Require can't be used outside of control.lua parsing.");
    return lua_error(l);
  }
  lua_settop(l, 1);
  luaL_gsub(l, name, ".", "/");
  lua_pushvalue(l, 2);
  lua_rawget(l, lua_upvalueindex(1));
  if (lua_islightuserdata(l, 3))
    return luaL_error(l, "loop or previous error loading module " LUA_QS, name);
  if (!lua_isnil(l, 3)) return 1;
  lua_settop(l, 2);
  found = host_require(name, length);  /* pushes source and chunk name, or a message */
  if (found < 0) return lua_error(l);
  if (found == 0) return luaL_error(l, "module %s not found", name);
  name = lua_tolstring(l, 3, &length);
  if (luaL_loadbufferx(l, name, length, lua_tostring(l, 4), "t") != LUA_OK)
    return lua_error(l);
  lua_pushvalue(l, 2);
  lua_pushlightuserdata(l, &require_allowed);
  lua_rawset(l, lua_upvalueindex(1));
  lua_pushvalue(l, 1);
  lua_call(l, 1, 1);
  if (lua_isnil(l, -1)) lua_pushboolean(l, 1);
  lua_pushvalue(l, 2);
  lua_pushvalue(l, -2);
  lua_rawset(l, lua_upvalueindex(1));
  return 1;
}


void glue_open_libraries (void) {
  luaL_requiref(L, "_G", luaopen_base, 1);
  luaL_requiref(L, LUA_TABLIBNAME, luaopen_table, 1);
  luaL_requiref(L, LUA_STRLIBNAME, luaopen_string, 1);
  luaL_addpack(L);
  luaL_requiref(L, LUA_BITLIBNAME, luaopen_bit32, 1);
  luaL_requiref(L, LUA_MATHLIBNAME, luaopen_math, 1);
  luaL_requiref(L, LUA_DBLIBNAME, luaopen_debug, 1);
  lua_register(L, "table_size", table_size);
  lua_newtable(L);
  lua_pushcclosure(L, require, 1);
  lua_setglobal(L, "require");
  lua_settop(L, 0);
}
