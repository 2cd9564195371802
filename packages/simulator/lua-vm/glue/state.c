/*
** The state, its memory, and calls into it.
*/

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "glue.h"
#include "../vendor/lauxlib.h"

lua_State *L;

static size_t memory_used, memory_limit;
static int traceback_key;  /* its address is a key in the registry */
static unsigned long long random_state;

#define SCRATCH_SMALL	4096

static char scratch_small[SCRATCH_SMALL], *scratch_large;


/*
** The pointer into the C stack, which the host puts back after an exception.
*/
EXPORT(stack_save) void *stack_save (void) {
  void *p;
  __asm__ volatile (".globaltype __stack_pointer, i32\n"
                    "global.get __stack_pointer\n"
                    "local.set %0" : "=r" (p));
  return p;
}


EXPORT(stack_restore) void stack_restore (void *p) {
  __asm__ volatile (".globaltype __stack_pointer, i32\n"
                    "local.get %0\n"
                    "global.set __stack_pointer" : : "r" (p));
}


/* for host_try */
EXPORT(run) void run (void (*f) (lua_State *l, void *ud), lua_State *l, void *ud) {
  f(l, ud);
}


#define PAGE	65536

/*
** The C library grows the memory by what is missing only, and each growth makes
** the host renew its views. This grows it by a quarter before it comes to that.
*/
static void grow_ahead (void) {
  static size_t checked;
  size_t pages;
  if (memory_used < checked + PAGE) return;
  checked = memory_used;
  pages = __builtin_wasm_memory_size(0);
  if (pages * PAGE - (size_t)sbrk(0) < 8 * PAGE &&
      __builtin_wasm_memory_grow(0, pages / 4) != (size_t)-1)
    host_grown();
}


static void *allocate (void *ud, void *ptr, size_t osize, size_t nsize) {
  size_t old = ptr ? osize : 0;
  (void)ud;
  if (nsize == 0) {
    free(ptr);
    memory_used -= old;
    return NULL;
  }
  if (nsize > old && memory_used + (nsize - old) > memory_limit)
    return NULL;
  ptr = realloc(ptr, nsize);
  if (ptr != NULL) {
    memory_used += nsize - old;
    grow_ahead();
  }
  return ptr;
}


void bytes_reserve (Bytes *b, size_t more) {
  if (b->capacity - b->length < more) {
    size_t capacity = b->capacity ? b->capacity : 256;
    char *data;
    while (capacity - b->length < more) {
      if (capacity > (size_t)1 << 30) luaL_error(L, "text is too long");
      capacity *= 2;
    }
    data = realloc(b->data, capacity);
    if (data == NULL) luaL_error(L, "not enough memory");
    b->data = data;
    b->capacity = capacity;
  }
}


void bytes_add (Bytes *b, const void *data, size_t length) {
  bytes_reserve(b, length);
  memcpy(b->data + b->length, data, length);
  b->length += length;
}


void bytes_char (Bytes *b, int c) {
  bytes_reserve(b, 1);
  b->data[b->length++] = (char)c;
}


void bytes_free (Bytes *b) {
  free(b->data);
  b->data = NULL;
  b->length = b->capacity = 0;
}


/* xorshift64*, as published by S. Vigna */
double glue_random (void) {
  unsigned long long x = random_state;
  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  random_state = x;
  return (double)((x * 0x2545F4914F6CDD1DULL) >> 11) * (1.0 / 9007199254740992.0);
}


/* splitmix64 spreads neighbouring seeds */
EXPORT(seed_random) void seed_random (double seed) {
  unsigned long long z;
  memcpy(&z, &seed, sizeof(z));
  z += 0x9E3779B97F4A7C15ULL;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  z ^= z >> 31;
  random_state = z ? z : 1;
}


/* whole numbers are frequent, and printf works in software with 128 bits */
int glue_number2str (char *s, double n) {
  long long i = (long long)n;
  char digits[20], *p = digits + sizeof(digits), *start = s;
  unsigned long long u;
  if (!(n > -1e14 && n < 1e14 && (double)i == n) || (i == 0 && __builtin_signbit(n)))
    return sprintf(s, LUA_NUMBER_FMT, n);
  u = i < 0 ? -(unsigned long long)i : (unsigned long long)i;
  do *--p = (char)('0' + u % 10); while ((u /= 10) != 0);
  if (i < 0) *s++ = '-';
  while (p < digits + sizeof(digits)) *s++ = *p++;
  *s = '\0';
  return (int)(s - start);
}


static int open_all (lua_State *l) {
  (void)l;
  glue_open_libraries();
  glue_open_objects();
  return 0;
}


/* 0: ready; else there is not even memory for the libraries */
EXPORT(open) int open_state (unsigned int limit) {
  memory_limit = limit;
  seed_random(0);
  L = lua_newstate(allocate, NULL);
  if (L == NULL) return 1;
  lua_pushcfunction(L, open_all);
  return lua_pcall(L, 0, 0, 0);
}


EXPORT(memory_used) unsigned int get_memory_used (void) {
  return (unsigned int)memory_used;
}


EXPORT(collect_garbage) void collect_garbage (void) {
  lua_gc(L, LUA_GCCOLLECT, 0);
}


/*
** A place where the host may write; valid until the next call. Up to 4096 bytes
** it is the same place each time. NULL: no memory.
*/
EXPORT(scratch) char *scratch (size_t size) {
  if (size <= SCRATCH_SMALL) return scratch_small;
  free(scratch_large);
  scratch_large = malloc(size);
  return scratch_large;
}


static int to_message (lua_State *l) {
  if (!lua_isstring(l, 1) && !luaL_callmeta(l, 1, "__tostring"))
    lua_pushfstring(l, "(error object is a %s value)", luaL_typename(l, 1));
  else
    lua_tostring(l, -1);
  lua_pushliteral(l, "");
  lua_rawsetp(l, LUA_REGISTRYINDEX, &traceback_key);
  return 1;
}


/*
** Leaves the message as the error value and the traceback in the registry.
*/
static int to_message_and_traceback (lua_State *l) {
  to_message(l);
  luaL_traceback(l, l, NULL, 1);
  lua_rawsetp(l, LUA_REGISTRYINDEX, &traceback_key);
  return 1;
}


static int protected_call (int nargs, lua_CFunction handler) {
  int base = lua_gettop(L) - nargs, status, n;
  lua_pushcfunction(L, handler);
  lua_insert(L, base);
  status = lua_pcall(L, nargs, LUA_MULTRET, base);
  if (status == LUA_OK) {
    n = lua_gettop(L) - base;
    glue_encode(base + 1, n);
  }
  else {
    n = -status;
    if (status == LUA_ERRRUN)
      lua_rawgetp(L, LUA_REGISTRYINDEX, &traceback_key);
    else
      lua_pushliteral(L, "");
    glue_encode(base + 1, 2);
  }
  lua_settop(L, base - 1);
  return n;
}


/* a traceback of these functions would say nothing, and searching names is slow */
int glue_apply (lua_CFunction f) {
  lua_pushcfunction(L, f);
  lua_insert(L, -2);
  return protected_call(1, to_message);
}


/*
** Calls the function below nargs arguments. Gives the number of results, which
** are in the slots, or -status with message and traceback there.
*/
EXPORT(call) int call (int nargs) {
  return protected_call(nargs, to_message_and_traceback);
}


/* pops the chunk name. 1: the function is in slot 0; 0: the message is */
EXPORT(load) int load (const char *s, size_t n) {
  int top = lua_gettop(L), status;
  status = luaL_loadbufferx(L, s, n, lua_tostring(L, top), "t");
  glue_encode(top + 1, 1);
  lua_settop(L, top - 1);
  return status == LUA_OK;
}


static void budget_hook (lua_State *l, lua_Debug *ar) {
  (void)ar;
  if (host_budget() < 0) lua_error(l);
}


EXPORT(set_budget) void set_budget (int count) {
  lua_sethook(L, count > 0 ? budget_hook : NULL, count > 0 ? LUA_MASKCOUNT : 0, count);
}
