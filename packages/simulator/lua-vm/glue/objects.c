/*
** JavaScript functions and objects as Lua sees them.
**
** A function is a C closure over (id, box, name); the box is a userdata whose
** collection tells the host. An object is a userdata that holds its id, with one
** metatable per class; a weak table finds it again, so that it keeps its identity.
*/

#include <string.h>

#include "glue.h"
#include "../vendor/lauxlib.h"

/* members of a class; keep in step with src/lua/wire.ts */
enum Operation { OP_GET, OP_SET, OP_LENGTH, OP_PAIRS, OP_CALL, OP_TEXT };

static int objects_key, box_key, class_key;  /* addresses are registry keys */


static int collected (lua_State *l) {
  int *id = lua_touserdata(l, 1);
  host_collected(lua_tointeger(l, lua_upvalueindex(1)), *id);
  return 0;
}


static int call_function (lua_State *l) {
  int n = lua_gettop(l);
  glue_encode(1, n);
  n = host_call(lua_tointeger(l, lua_upvalueindex(1)), n);
  return n < 0 ? lua_error(l) : n;
}


EXPORT(push_function) void push_function (int id, const char *name, size_t length) {
  int *box;
  lua_pushinteger(L, id);
  box = lua_newuserdata(L, sizeof(int));
  *box = id;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &box_key);
  lua_setmetatable(L, -2);
  lua_pushlstring(L, name, length);
  lua_pushcclosure(L, call_function, 3);
}


/* for tracebacks: pushes the name of the host function at `idx', if it is one */
int glue_function_name (lua_State *l, int idx) {
  if (lua_tocfunction(l, idx) != call_function) return 0;
  return lua_getupvalue(l, idx, 3) != NULL;
}


int glue_object_id (int idx) {
  int id = 0;
  if (lua_type(L, idx) == LUA_TUSERDATA && lua_getmetatable(L, idx)) {
    lua_rawgetp(L, -1, &class_key);
    if (lua_toboolean(L, -1)) id = *(int *)lua_touserdata(L, idx);
    lua_pop(L, 2);
  }
  return id;
}


static int operate (lua_State *l, int operation) {
  int *id = lua_touserdata(l, 1), n = lua_gettop(l) - 1;
  glue_encode(2, n);
  n = host_object(operation, *id, n);
  return n < 0 ? lua_error(l) : n;
}


static int object_get (lua_State *l) { return operate(l, OP_GET); }
static int object_set (lua_State *l) { return operate(l, OP_SET); }
static int object_call (lua_State *l) { return operate(l, OP_CALL); }
static int object_text (lua_State *l) { return operate(l, OP_TEXT); }

static int object_length (lua_State *l) {
  lua_settop(l, 1);
  return operate(l, OP_LENGTH);
}


/* upvalues: list of alternating keys and values, number of entries, position */
static int step (lua_State *l) {
  int i = lua_tointeger(l, lua_upvalueindex(3));
  if (i >= lua_tointeger(l, lua_upvalueindex(2))) return 0;
  lua_pushinteger(l, i + 1);
  lua_replace(l, lua_upvalueindex(3));
  lua_rawgeti(l, lua_upvalueindex(1), 2 * i + 1);
  lua_rawgeti(l, lua_upvalueindex(1), 2 * i + 2);
  return 2;
}


/* the host pushes the list and its number of entries */
static int object_pairs (lua_State *l) {
  lua_settop(l, 1);
  operate(l, OP_PAIRS);
  lua_pushinteger(l, 0);
  lua_pushcclosure(l, step, 3);
  lua_pushvalue(l, 1);
  lua_pushnil(l);
  return 3;
}


static void set_collected (int kind) {
  lua_pushinteger(L, kind);
  lua_pushcclosure(L, collected, 1);
  lua_setfield(L, -2, "__gc");
}


static void set_member (const char *event, lua_CFunction f) {
  lua_pushcfunction(L, f);
  lua_setfield(L, -2, event);
}


/* gives a reference to the metatable; bits of `members': length, pairs, call */
EXPORT(define_class) int define_class (int members) {
  lua_newtable(L);
  set_member("__index", object_get);
  set_member("__newindex", object_set);
  set_member("__tostring", object_text);
  if (members & 1) set_member("__len", object_length);
  if (members & 2) set_member("__pairs", object_pairs);
  if (members & 4) set_member("__call", object_call);
  lua_pushliteral(L, "private");
  lua_setfield(L, -2, "__metatable");
  lua_pushboolean(L, 1);
  lua_rawsetp(L, -2, &class_key);
  set_collected(1);
  return luaL_ref(L, LUA_REGISTRYINDEX);
}


/* pushes a living object (1), or does not find it (0) */
EXPORT(push_object) int push_object (int id) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &objects_key);
  lua_rawgeti(L, -1, id);
  lua_remove(L, -2);
  if (!lua_isnil(L, -1)) return 1;
  lua_pop(L, 1);
  return 0;
}


EXPORT(push_new_object) void push_new_object (int id, int metatable) {
  int *box;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &objects_key);
  box = lua_newuserdata(L, sizeof(int));
  *box = id;
  lua_pushvalue(L, -1);
  lua_rawseti(L, -3, id);
  lua_remove(L, -2);
  lua_rawgeti(L, LUA_REGISTRYINDEX, metatable);
  lua_setmetatable(L, -2);
}


void glue_open_objects (void) {
  lua_newtable(L);
  set_collected(0);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &box_key);
  lua_newtable(L);
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "v");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &objects_key);
}
