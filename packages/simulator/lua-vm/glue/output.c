/*
** Functions of the host that take one value and give one, run protected; some
** build their result outside of the Lua heap.
*/

#include "glue.h"

Bytes glue_output;


EXPORT(release_output) void release_output (void) { bytes_free(&glue_output); }


int glue_apply_output (lua_CFunction f, int type) {
  int n;
  bytes_free(&glue_output);
  n = glue_apply(f);
  if (n < 0) return n;
  glue_slot_text(type, glue_output.data, glue_output.length);
  return 1;
}
