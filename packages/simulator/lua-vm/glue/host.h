/*
** What the WebAssembly module imports from its host, and what the patched Lua
** sources need from the glue. Functions of the host that run script-facing code
** give a negative result when they fail, with the error message pushed.
*/

#ifndef switchyard_host_h
#define switchyard_host_h

#include <stddef.h>

struct lua_State;

#define HOST(name) __attribute__((import_module("host"), import_name(#name)))

/* status of host_try when the engine's own stack ended; no value of LUA_ERR* */
#define HOST_STACK_OVERFLOW	100

/* throws a JavaScript exception that carries the status */
HOST(throw) _Noreturn extern void host_throw (int status);

/* calls f(L, ud); gives 0, or the status of the exception that ended it */
HOST(try) extern int host_try (void (*f) (struct lua_State *L, void *ud),
                               struct lua_State *L, void *ud);

HOST(print) extern int host_print (const char *text, size_t length);

/* calls a JavaScript function; the arguments are in the slots */
HOST(call) extern int host_call (int function, int nargs);

/* calls a member of an object's class; the arguments are in the slots */
HOST(object) extern int host_object (int operation, int object, int nargs);

/* a JavaScript function (kind 0) or an object (kind 1) became unreachable */
HOST(collected) extern void host_collected (int kind, int id);

/* pushes source and chunk name of a module (1), or does not know it (0) */
HOST(require) extern int host_require (const char *name, size_t length);

/* the memory has grown: views of it are stale */
HOST(grown) extern void host_grown (void);

HOST(budget) extern int host_budget (void);

/* pushes the string that describes an object */
HOST(describe) extern int host_describe (int object);

/* pushes the value for a string made by host_describe */
HOST(restore) extern int host_restore (const char *text, size_t length);

/* pushes the name of the function at `idx' if it belongs to the host */
int glue_function_name (struct lua_State *L, int idx);

/* writes a number as "%.14g" does, and gives the length */
int glue_number2str (char *s, double n);

/* the next number of the script's generator, in [0, 1) */
double glue_random (void);

#endif
