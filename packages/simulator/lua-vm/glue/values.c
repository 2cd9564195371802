/*
** Values that cross to the host and back, and raw access to tables.
*/

#include <stdlib.h>
#include <string.h>

#define LUA_CORE  /* for the count of a table's entries */

#include "glue.h"
#include "../vendor/lauxlib.h"
#include "../vendor/lobject.h"
#include "../vendor/ltable.h"

static Slot *slot_data;
static int slot_capacity;


void glue_need_slots (int n) {
  if (n > slot_capacity) {
    int capacity = slot_capacity ? slot_capacity : 256;
    Slot *data;
    while (capacity < n) capacity *= 2;
    data = realloc(slot_data, (size_t)capacity * sizeof(Slot));
    if (data == NULL) luaL_error(L, "not enough memory");
    slot_data = data;
    slot_capacity = capacity;
  }
}


EXPORT(slots) Slot *slots (void) {
  glue_need_slots(1);
  return slot_data;
}


/* length of the UTF-8 sequence at s, 0 if it is none */
static size_t sequence (const unsigned char *s, const unsigned char *end) {
  size_t n = s[0] < 0xC2 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : s[0] < 0xF5 ? 4 : 0, i;
  if (n == 0 || (size_t)(end - s) < n) return 0;
  for (i = 1; i < n; i++)
    if ((s[i] & 0xC0) != 0x80) return 0;
  if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) ||
      (s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F)) return 0;
  return n;
}


int glue_text_kind (const char *text, size_t length) {
  const unsigned char *s = (const unsigned char *)text, *end = s + length;
  int kind = SLOT_ASCII;
  while (s < end) {
    if (*s < 0x80) s++;
    else {
      size_t n = sequence(s, end);
      if (n == 0) return SLOT_BYTES;
      kind = SLOT_UTF8;
      s += n;
    }
  }
  return kind;
}


void glue_slot_text (int type, const char *s, size_t length) {
  glue_need_slots(1);
  slot_data->type = type < 0 ? glue_text_kind(s, length) : type;
  slot_data->length = length;
  slot_data->u.pointer = (unsigned int)s;
}


void glue_encode_at (int index, int idx) {
  Slot *slot = slot_data + index;
  switch (lua_type(L, idx)) {
    case LUA_TNIL: case LUA_TNONE: slot->type = SLOT_NIL; break;
    case LUA_TBOOLEAN: slot->type = lua_toboolean(L, idx) ? SLOT_TRUE : SLOT_FALSE; break;
    case LUA_TNUMBER:
      slot->type = SLOT_NUMBER;
      slot->u.number = lua_tonumber(L, idx);
      break;
    case LUA_TSTRING: {
      size_t length;
      const char *s = lua_tolstring(L, idx, &length);
      slot->type = glue_text_kind(s, length);
      slot->length = length;
      slot->u.pointer = (unsigned int)s;
      break;
    }
    case LUA_TTABLE: case LUA_TFUNCTION:
      slot->type = lua_type(L, idx) == LUA_TTABLE ? SLOT_TABLE : SLOT_FUNCTION;
      lua_pushvalue(L, idx);
      slot->u.id = luaL_ref(L, LUA_REGISTRYINDEX);
      break;
    default:
      slot->u.id = glue_object_id(idx);
      slot->type = slot->u.id ? SLOT_OBJECT : SLOT_OTHER;
  }
}


void glue_encode (int from, int n) {
  int i;
  glue_need_slots(n);
  luaL_checkstack(L, 4, "too many values");
  for (i = 0; i < n; i++) glue_encode_at(i, from + i);
}


EXPORT(reserve) int reserve (int n) { return lua_checkstack(L, n); }
EXPORT(top) int top (void) { return lua_gettop(L); }
EXPORT(set_top) void set_top (int n) { lua_settop(L, n); }
EXPORT(push_nil) void push_nil (void) { lua_pushnil(L); }
EXPORT(push_boolean) void push_boolean (int b) { lua_pushboolean(L, b); }
EXPORT(push_number) void push_number (double n) { lua_pushnumber(L, n); }
EXPORT(push_string) void push_string (const char *s, size_t n) { lua_pushlstring(L, s, n); }
EXPORT(push_ref) void push_ref (int ref) { lua_rawgeti(L, LUA_REGISTRYINDEX, ref); }
EXPORT(unref) void unref (int ref) { luaL_unref(L, LUA_REGISTRYINDEX, ref); }

/* pops a value and gives a reference to it */
EXPORT(make_ref) int make_ref (void) { return luaL_ref(L, LUA_REGISTRYINDEX); }


EXPORT(globals) int globals (void) {
  lua_pushglobaltable(L);
  return make_ref();
}


EXPORT(push_table) void push_table (int narray, int nhash) {
  lua_createtable(L, narray, nhash);
}


/* t[i] = value on top; the table is below it */
EXPORT(set_index) void set_index (int i) { lua_rawseti(L, -2, i); }

/* t[key] = value; table, key and value are on top */
EXPORT(set_entry) void set_entry (void) { lua_rawset(L, -3); }


/* replaces the key on top by its value, which goes to slot 0 */
EXPORT(table_get) void table_get (int ref) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, ref);
  lua_insert(L, -2);
  lua_rawget(L, -2);
  glue_encode(lua_gettop(L), 1);
  lua_pop(L, 2);
}


/* pops key and value */
EXPORT(table_set) void table_set (int ref) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, ref);
  lua_insert(L, -3);
  lua_rawset(L, -3);
  lua_pop(L, 1);
}


EXPORT(table_length) int table_length (int ref) {
  int n;
  lua_rawgeti(L, LUA_REGISTRYINDEX, ref);
  n = (int)lua_rawlen(L, -1);
  lua_pop(L, 1);
  return n;
}


/* number of entries; keys and values alternate in the slots */
EXPORT(table_entries) int table_entries (int ref) {
  int n = 0, t;
  lua_rawgeti(L, LUA_REGISTRYINDEX, ref);
  t = lua_gettop(L);
  glue_need_slots(2 * luaH_count((const Table *)lua_topointer(L, t)));
  lua_pushnil(L);
  while (lua_next(L, t)) {
    glue_encode_at(2 * n, t + 1);
    glue_encode_at(2 * n + 1, t + 2);
    n++;
    lua_pop(L, 1);
  }
  lua_settop(L, t - 1);
  return n;
}
