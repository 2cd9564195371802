/*
** The glue between the Lua core and its JavaScript host. One state per module
** instance; all exported functions work on it.
*/

#ifndef switchyard_glue_h
#define switchyard_glue_h

#include <stddef.h>

#include "../vendor/lua.h"
#include "host.h"

#define EXPORT(name) __attribute__((export_name(#name)))

/* how a value crosses to the host; keep in step with src/lua/wire.ts */
enum SlotType {
  SLOT_NIL, SLOT_FALSE, SLOT_TRUE, SLOT_NUMBER,
  SLOT_ASCII, SLOT_UTF8, SLOT_BYTES,  /* strings: pointer, length */
  SLOT_TABLE, SLOT_FUNCTION,  /* registry reference */
  SLOT_OBJECT,  /* object id */
  SLOT_OTHER
};

typedef struct Slot {
  int type;
  unsigned int length;
  union { double number; unsigned int pointer; int id; } u;
} Slot;

extern lua_State *L;

/* memory outside of the Lua heap that grows as needed */
typedef struct Bytes {
  char *data;
  size_t length, capacity;
} Bytes;

void bytes_reserve (Bytes *b, size_t more);
void bytes_add (Bytes *b, const void *data, size_t length);
void bytes_char (Bytes *b, int c);
void bytes_free (Bytes *b);

/* writes n stack values, starting at index `from', to the slots */
void glue_encode (int from, int n);
void glue_encode_at (int slot, int index);
void glue_need_slots (int n);

/* what kind of UTF-8 text the bytes are: SLOT_ASCII, SLOT_UTF8 or SLOT_BYTES */
int glue_text_kind (const char *s, size_t length);

/* id of the object at a stack index, or 0 */
int glue_object_id (int index);

/* puts text (type < 0: of the kind found) in slot 0 */
void glue_slot_text (int type, const char *s, size_t length);

/* replaces the value on top by the results of f: their number, and they are in the
   slots; or -status, with the message and an empty traceback there */
int glue_apply (lua_CFunction f);

/* the same, but the result is what f wrote to glue_output, as the given slot type */
int glue_apply_output (lua_CFunction f, int type);

extern Bytes glue_output;

void glue_open_objects (void);
void glue_open_libraries (void);

#endif
