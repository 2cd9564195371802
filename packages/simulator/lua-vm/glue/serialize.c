/*
** Values as bytes, with shared references, cycles and the order of tables.
**
** A version byte, the root value, then for each table in the order of its first
** mention: its entries (key, value) and an end mark. Tables, strings and objects
** are numbered in that order, each kind on its own, from 0; a table whose number
** is new is thereby made known. Metatables are left out.
*/

#include <string.h>

#include "glue.h"
#include "../vendor/lauxlib.h"

#define VERSION	1

enum Tag {
  TAG_NIL, TAG_FALSE, TAG_TRUE,
  TAG_INTEGER,  /* zigzag varint */
  TAG_DOUBLE,  /* 8 bytes, little endian */
  TAG_STRING, TAG_OLD_STRING,  /* length, bytes; number */
  TAG_TABLE,  /* number */
  TAG_OBJECT, TAG_OLD_OBJECT,  /* length, bytes of the description; number */
  TAG_END
};

/* stack indices; both sides have tables here */
enum { ROOT = 1, SEEN, TABLES, STRINGS, OBJECTS };

static unsigned int table_count, string_count, object_count;


static void put_varint (unsigned long long n) {
  while (n >= 0x80) {
    bytes_char(&glue_output, (int)(n & 0x7F) | 0x80);
    n >>= 7;
  }
  bytes_char(&glue_output, (int)n);
}


static void put_text (const char *s, size_t length) {
  put_varint(length);
  bytes_add(&glue_output, s, length);
}


static void put_number (double d) {
  long long n = (long long)d;
  if (d >= -9007199254740992.0 && d <= 9007199254740992.0 && (double)n == d &&
      (n != 0 || !__builtin_signbit(d))) {
    bytes_char(&glue_output, TAG_INTEGER);
    put_varint(((unsigned long long)n << 1) ^ (unsigned long long)(n >> 63));
  }
  else {
    bytes_char(&glue_output, TAG_DOUBLE);
    bytes_add(&glue_output, &d, sizeof(d));
  }
}


/*
** Looks the value at idx up; else gives it the next number of its kind.
** Gives whether it is new.
*/
static int number_of (int idx, unsigned int *count, unsigned int *number) {
  int is_new;
  lua_pushvalue(L, idx);
  lua_rawget(L, SEEN);
  is_new = lua_isnil(L, -1);
  *number = is_new ? (*count)++ : (unsigned int)lua_tonumber(L, -1);
  lua_pop(L, 1);
  if (is_new) {
    lua_pushvalue(L, idx);
    lua_pushnumber(L, *number);
    lua_rawset(L, SEEN);
  }
  return is_new;
}


static void put_string (int idx) {
  unsigned int number;
  if (number_of(idx, &string_count, &number)) {
    size_t length;
    const char *s = lua_tolstring(L, idx, &length);
    bytes_char(&glue_output, TAG_STRING);
    put_text(s, length);
  }
  else {
    bytes_char(&glue_output, TAG_OLD_STRING);
    put_varint(number);
  }
}


static void put_table (int idx) {
  unsigned int number;
  if (number_of(idx, &table_count, &number)) {
    lua_pushvalue(L, idx);
    lua_rawseti(L, TABLES, (int)number + 1);
  }
  bytes_char(&glue_output, TAG_TABLE);
  put_varint(number);
}


static void put_object (int idx) {
  unsigned int number;
  size_t length;
  const char *s;
  if (!number_of(idx, &object_count, &number)) {
    bytes_char(&glue_output, TAG_OLD_OBJECT);
    put_varint(number);
    return;
  }
  if (host_describe(glue_object_id(idx)) < 0) lua_error(L);
  s = luaL_checklstring(L, -1, &length);
  bytes_char(&glue_output, TAG_OBJECT);
  put_text(s, length);
  lua_pop(L, 1);
}


/* Pushes the path to table number n, found by searching the tables before it. */
static void push_path (unsigned int n) {
  unsigned int parent;
  for (parent = 0; parent < n; parent++) {
    lua_rawgeti(L, TABLES, (int)parent + 1);
    lua_rawgeti(L, TABLES, (int)n + 1);
    lua_pushnil(L);
    while (lua_next(L, -3)) {
      if (lua_rawequal(L, -1, -3)) {
        lua_pop(L, 1);
        luaL_tolstring(L, -1, NULL);
        lua_insert(L, -4);
        lua_pop(L, 3);  /* the key's text remains */
        if (parent == 0) return;
        luaL_checkstack(L, 10, "path is too long");
        push_path(parent);
        lua_pushliteral(L, ".");
        lua_pushvalue(L, -3);
        lua_concat(L, 3);
        lua_remove(L, -2);
        return;
      }
      lua_pop(L, 1);
    }
    lua_pop(L, 2);
  }
  lua_pushliteral(L, "");
}


/* `table' is the number of the table at work, -1 for the root; its key is below the value */
static int refuse (int idx, int table) {
  const char *type = luaL_typename(L, idx);
  const char *key, *path;
  if (table < 0) return luaL_error(L, "Can't serialize %s", type);
  key = luaL_tolstring(L, -2, NULL);
  if (table == 0) return luaL_error(L, "Can't serialize %s at %s", type, key);
  push_path((unsigned int)table);
  path = lua_tostring(L, -1);
  return luaL_error(L, "Can't serialize %s at %s.%s", type, path, key);
}


static void put_value (int idx, int table) {
  switch (lua_type(L, idx)) {
    case LUA_TNIL: bytes_char(&glue_output, TAG_NIL); break;
    case LUA_TBOOLEAN:
      bytes_char(&glue_output, lua_toboolean(L, idx) ? TAG_TRUE : TAG_FALSE);
      break;
    case LUA_TNUMBER: put_number(lua_tonumber(L, idx)); break;
    case LUA_TSTRING: put_string(idx); break;
    case LUA_TTABLE: put_table(idx); break;
    case LUA_TUSERDATA:
      if (glue_object_id(idx)) {
        put_object(idx);
        break;
      }
      /* FALLTHROUGH */
    default: refuse(idx, table);
  }
}


static int write_value (lua_State *l) {
  unsigned int n;
  lua_newtable(l);
  lua_newtable(l);
  table_count = string_count = object_count = 0;
  bytes_char(&glue_output, VERSION);
  put_value(ROOT, -1);
  for (n = 0; n < table_count; n++) {
    int key;
    lua_rawgeti(l, TABLES, (int)n + 1);
    lua_pushnil(l);
    key = lua_gettop(l);
    while (lua_next(l, key - 1)) {
      put_value(key, (int)n);
      put_value(key + 1, (int)n);
      lua_settop(l, key);
    }
    bytes_char(&glue_output, TAG_END);
    lua_settop(l, TABLES);
  }
  return 0;
}


EXPORT(serialize) int serialize (void) { return glue_apply_output(write_value, SLOT_BYTES); }


static const char *input, *input_end;


static int damaged (void) { return luaL_error(L, "serialized data is damaged"); }


static int get_byte (void) {
  if (input == input_end) damaged();
  return (unsigned char)*input++;
}


static unsigned long long get_varint (void) {
  unsigned long long n = 0;
  int shift = 0, c;
  do {
    c = get_byte();
    if (shift > 63) damaged();
    n |= (unsigned long long)(c & 0x7F) << shift;
    shift += 7;
  } while (c & 0x80);
  return n;
}


static const char *get_text (size_t *length) {
  unsigned long long n = get_varint();
  const char *s = input;
  if (n > (size_t)(input_end - input)) damaged();
  *length = (size_t)n;
  input += n;
  return s;
}


/* pushes the value with the number that follows */
static void get_old (int list, unsigned int count) {
  unsigned long long n = get_varint();
  if (n >= count) damaged();
  lua_rawgeti(L, list, (int)n + 1);
}


static void get_table (void) {
  unsigned long long n = get_varint();
  if (n > table_count) damaged();
  if (n < table_count) {
    lua_rawgeti(L, TABLES, (int)n + 1);
    return;
  }
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_rawseti(L, TABLES, (int)++table_count);
}


static void get_number (int tag) {
  if (tag == TAG_INTEGER) {
    unsigned long long n = get_varint();
    lua_pushnumber(L, (double)((long long)(n >> 1) ^ -(long long)(n & 1)));
  }
  else {
    double d;
    if (input_end - input < (ptrdiff_t)sizeof(d)) damaged();
    memcpy(&d, input, sizeof(d));
    input += sizeof(d);
    lua_pushnumber(L, d);
  }
}


/* pushes the next value, or gives 0 at an end mark */
static int get_value (void) {
  int tag = get_byte();
  size_t length;
  const char *s;
  switch (tag) {
    case TAG_NIL: lua_pushnil(L); break;
    case TAG_FALSE: case TAG_TRUE: lua_pushboolean(L, tag == TAG_TRUE); break;
    case TAG_INTEGER: case TAG_DOUBLE: get_number(tag); break;
    case TAG_STRING:
      s = get_text(&length);
      lua_pushlstring(L, s, length);
      lua_pushvalue(L, -1);
      lua_rawseti(L, STRINGS, (int)++string_count);
      break;
    case TAG_OLD_STRING: get_old(STRINGS, string_count); break;
    case TAG_TABLE: get_table(); break;
    case TAG_OBJECT:
      s = get_text(&length);
      if (host_restore(s, length) < 0) lua_error(L);
      lua_pushvalue(L, -1);
      lua_rawseti(L, OBJECTS, (int)++object_count);
      break;
    case TAG_OLD_OBJECT: get_old(OBJECTS, object_count); break;
    case TAG_END: return 0;
    default: damaged();
  }
  return 1;
}


/* entries of the table on top */
static void get_entries (void) {
  while (get_value()) {
    if (!get_value()) damaged();
    if (lua_isnil(L, -2)) lua_pop(L, 2);  /* an object that is no more */
    else lua_rawset(L, -3);
  }
}


static int read_value (lua_State *l) {
  size_t length;
  unsigned int n;
  input = luaL_checklstring(l, ROOT, &length);
  input_end = input + length;
  for (n = SEEN; n <= OBJECTS; n++) lua_newtable(l);
  table_count = string_count = object_count = 0;
  if (get_byte() != VERSION)
    return luaL_error(l, "serialized data has an unknown version");
  if (!get_value()) damaged();
  for (n = 0; n < table_count; n++) {
    lua_rawgeti(l, TABLES, (int)n + 1);
    get_entries();
    lua_pop(l, 1);
  }
  if (input != input_end) damaged();
  return 1;
}


EXPORT(deserialize) int deserialize (void) { return glue_apply(read_value); }
