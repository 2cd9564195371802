/*
** JSON in the game's dialect: empty tables are objects, numbers are written with
** all their decimals, nan and inf stand bare, bytes beyond ASCII pass as they are.
*/

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LUA_CORE  /* for the count of a table's entries */

#include "glue.h"
#include "../vendor/lauxlib.h"
#include "../vendor/lobject.h"
#include "../vendor/ltable.h"

#define MAX_DEPTH	200


static void put_literal (const char *s) { bytes_add(&glue_output, s, strlen(s)); }


static void put_string (const char *s, size_t length) {
  static const char escapes[] = "btn\0fr";  /* of the bytes 8 to 13 */
  const char *end = s + length;
  bytes_char(&glue_output, '"');
  for (; s < end; s++) {
    unsigned char c = (unsigned char)*s;
    if (c == '"' || c == '\\' || (c >= 8 && c <= 13 && escapes[c - 8])) {
      bytes_char(&glue_output, '\\');
      bytes_char(&glue_output, c < 32 ? escapes[c - 8] : c);
    }
    else if (c < 32) {
      char text[8];
      bytes_add(&glue_output, text, (size_t)sprintf(text, "\\u%04x", c));
    }
    else bytes_char(&glue_output, c);
  }
  bytes_char(&glue_output, '"');
}


/* a double has as many decimals as it has binary places behind the point */
static void put_number (double d) {
  unsigned long long bits, mantissa;
  int places = 0;
  memcpy(&bits, &d, sizeof(bits));
  mantissa = bits & 0xFFFFFFFFFFFFFULL;
  if (isnan(d)) {
    put_literal(signbit(d) ? "-nan" : "nan");
    return;
  }
  if (isinf(d)) {
    put_literal(d < 0 ? "-inf" : "inf");
    return;
  }
  if (d != floor(d)) {
    int exponent = (int)(bits >> 52 & 0x7FF);
    if (exponent == 0) exponent = 1;
    else mantissa |= 1ULL << 52;
    places = 1075 - exponent - __builtin_ctzll(mantissa);
  }
  bytes_reserve(&glue_output, (size_t)places + 320);
  glue_output.length += (size_t)sprintf(glue_output.data + glue_output.length, "%.*f", places, d);
}


/* length if the table at idx is a list without other keys, else 0 */
static int list_length (int idx) {
  int n = (int)lua_rawlen(L, idx), i;
  if (luaH_count((const Table *)lua_topointer(L, idx)) != n) return 0;
  for (i = 1; i <= n; i++) {
    int absent;
    lua_rawgeti(L, idx, i);
    absent = lua_isnil(L, -1);
    lua_pop(L, 1);
    if (absent) return 0;
  }
  return n;
}


static void put_value (int idx, int depth);


static void put_key (int idx) {
  size_t length;
  const char *s;
  switch (lua_type(L, idx)) {
    case LUA_TNUMBER: case LUA_TSTRING: case LUA_TBOOLEAN:
      s = luaL_tolstring(L, idx, &length);
      put_string(s, length);
      lua_pop(L, 1);
      break;
    default: luaL_error(L, "Can't convert key of type %s to JSON", luaL_typename(L, idx));
  }
}


static void put_table (int idx, int depth) {
  int n, i, first = 1;
  if (depth > MAX_DEPTH) luaL_error(L, "Can't convert table to JSON: too many levels");
  luaL_checkstack(L, 8, "too many levels");
  n = list_length(idx);
  bytes_char(&glue_output, n ? '[' : '{');
  if (n) {
    for (i = 1; i <= n; i++) {
      if (i > 1) bytes_char(&glue_output, ',');
      lua_rawgeti(L, idx, i);
      put_value(lua_gettop(L), depth + 1);
      lua_pop(L, 1);
    }
  }
  else {
    lua_pushnil(L);
    while (lua_next(L, idx)) {
      if (!first) bytes_char(&glue_output, ',');
      first = 0;
      put_key(lua_gettop(L) - 1);
      bytes_char(&glue_output, ':');
      put_value(lua_gettop(L), depth + 1);
      lua_pop(L, 1);
    }
  }
  bytes_char(&glue_output, n ? ']' : '}');
}


static void put_value (int idx, int depth) {
  switch (lua_type(L, idx)) {
    case LUA_TNIL: put_literal("null"); break;
    case LUA_TBOOLEAN: put_literal(lua_toboolean(L, idx) ? "true" : "false"); break;
    case LUA_TNUMBER: put_number(lua_tonumber(L, idx)); break;
    case LUA_TSTRING: {
      size_t length;
      const char *s = lua_tolstring(L, idx, &length);
      put_string(s, length);
      break;
    }
    case LUA_TTABLE: put_table(idx, depth); break;
    default: luaL_error(L, "Can't convert %s to JSON", luaL_typename(L, idx));
  }
}


static int write_json (lua_State *l) {
  (void)l;
  put_value(1, 1);
  return 0;
}


EXPORT(table_to_json) int table_to_json (void) { return glue_apply_output(write_json, -1); }


/* what is still to be read; the text ends with a zero byte */
static const char *input;
static Bytes unescaped;


static void skip_space (void) {
  while (*input == ' ' || *input == '\n' || *input == '\t' || *input == '\r') input++;
}


/* appends digits to *n as long as they fit; gives how many were passed */
static int digits (double *n) {
  const char *start = input;
  for (; *input >= '0' && *input <= '9'; input++) *n = *n * 10 + (*input - '0');
  return (int)(input - start);
}


/*
** With up to 15 digits and small powers of ten, both factors are exact and one
** division rounds as it must; strtod is slow and does the others.
*/
static int get_number (void) {
  static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9,
    1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  const char *start = input;
  double n = 0;
  int negative = *input == '-', whole, decimals = 0, hard = 0;
  if (negative) input++;
  if (*input == '0') whole = 1, input++;
  else whole = digits(&n);
  if (whole == 0) return 0;
  if (*input == '.') {
    input++;
    decimals = digits(&n);
    if (decimals == 0) return 0;
  }
  if (*input == 'e' || *input == 'E') {
    hard = 1;
    input++;
    if (*input == '+' || *input == '-') input++;
    if (*input < '0' || *input > '9') return 0;
    while (*input >= '0' && *input <= '9') input++;
  }
  if (hard || whole + decimals > 15) n = strtod(start, NULL);
  else {
    n /= powers[decimals];
    if (negative) n = -n;
  }
  lua_pushnumber(L, n);
  return 1;
}


/* the number of four hexadecimal digits, or -1 */
static int get_hex (void) {
  int n = 0, i;
  for (i = 0; i < 4; i++) {
    int c = *input, digit;
    if (c >= '0' && c <= '9') digit = c - '0';
    else if ((c | 32) >= 'a' && (c | 32) <= 'f') digit = (c | 32) - 'a' + 10;
    else return -1;
    n = n * 16 + digit;
    input++;
  }
  return n;
}


static void add_utf8 (int c) {
  if (c < 0x80) bytes_char(&unescaped, c);
  else {
    if (c < 0x800) bytes_char(&unescaped, 0xC0 | c >> 6);
    else {
      if (c < 0x10000) bytes_char(&unescaped, 0xE0 | c >> 12);
      else {
        bytes_char(&unescaped, 0xF0 | c >> 18);
        bytes_char(&unescaped, 0x80 | (c >> 12 & 0x3F));
      }
      bytes_char(&unescaped, 0x80 | (c >> 6 & 0x3F));
    }
    bytes_char(&unescaped, 0x80 | (c & 0x3F));
  }
}


/* behind "\u"; a surrogate without its other half becomes U+FFFD */
static int get_unicode (void) {
  int c = get_hex();
  if (c < 0) return 0;
  if (c >= 0xD800 && c < 0xDC00 && input[0] == '\\' && input[1] == 'u') {
    const char *before = input;
    int low;
    input += 2;
    low = get_hex();
    if (low < 0) return 0;
    if (low >= 0xDC00 && low < 0xE000) c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    else input = before;
  }
  add_utf8(c >= 0xD800 && c < 0xE000 ? 0xFFFD : c);
  return 1;
}


static int get_escape (void) {
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  const char *found;
  int c = *input;
  if (c == '\0') return 0;
  input++;
  if (c == 'u') return get_unicode();
  found = strchr(from, c);
  if (found == NULL) return 0;
  bytes_char(&unescaped, to[found - from]);
  return 1;
}


static int get_string (void) {
  const char *start = ++input;
  while ((unsigned char)*input >= 32 && *input != '"' && *input != '\\') input++;
  if (*input == '"') {
    lua_pushlstring(L, start, (size_t)(input++ - start));
    return 1;
  }
  unescaped.length = 0;
  bytes_add(&unescaped, start, (size_t)(input - start));
  while (*input != '"') {
    if ((unsigned char)*input < 32) return 0;
    if (*input != '\\') bytes_char(&unescaped, *input++);
    else {
      input++;
      if (!get_escape()) return 0;
    }
  }
  input++;
  lua_pushlstring(L, unescaped.data, unescaped.length);
  return 1;
}


static int get_value (int depth);


static int get_list (int depth) {
  int i = 0;
  lua_newtable(L);
  input++;
  skip_space();
  if (*input == ']') return input++, 1;
  for (;;) {
    if (!get_value(depth)) return 0;
    lua_rawseti(L, -2, ++i);
    skip_space();
    if (*input == ']') return input++, 1;
    if (*input++ != ',') return 0;
  }
}


static int get_object (int depth) {
  lua_newtable(L);
  input++;
  skip_space();
  if (*input == '}') return input++, 1;
  for (;;) {
    skip_space();
    if (*input != '"' || !get_string()) return 0;
    skip_space();
    if (*input++ != ':' || !get_value(depth)) return 0;
    lua_rawset(L, -3);
    skip_space();
    if (*input == '}') return input++, 1;
    if (*input++ != ',') return 0;
  }
}


static int get_literal (const char *word) {
  size_t n = strlen(word);
  if (strncmp(input, word, n) != 0) return 0;
  input += n;
  if (*word == 'n') lua_pushnil(L);
  else lua_pushboolean(L, *word == 't');
  return 1;
}


/* pushes the next value; gives 0 if the text is malformed */
static int get_value (int depth) {
  if (depth > MAX_DEPTH || !lua_checkstack(L, 8)) return 0;
  skip_space();
  switch (*input) {
    case '{': return get_object(depth + 1);
    case '[': return get_list(depth + 1);
    case '"': return get_string();
    case 't': return get_literal("true");
    case 'f': return get_literal("false");
    case 'n': return get_literal("null");
    default: return get_number();
  }
}


static int read_json (lua_State *l) {
  size_t length;
  const char *start = luaL_checklstring(l, 1, &length);
  int done;
  input = start;
  done = get_value(1);
  if (done) {
    skip_space();
    done = input == start + length;
  }
  if (!done) lua_pushnil(l);
  return 1;
}


EXPORT(json_to_table) int json_to_table (void) {
  int n = glue_apply(read_json);
  bytes_free(&unescaped);
  return n;
}
