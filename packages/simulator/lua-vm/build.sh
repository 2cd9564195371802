#!/usr/bin/env bash
# Builds lua.wasm from vendor/ and glue/. Needs emcc and a node; as root on Debian or Ubuntu, installs emscripten.
# Built and tested with emscripten 3.1.6 (Debian 12). Anything newer should do.
set -euo pipefail
cd "$(dirname "$0")"

if ! command -v emcc >/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update
    apt-get install -y --no-install-recommends emscripten
  else
    echo "emcc is missing: install emscripten (apt-get install emscripten, or https://emscripten.org)" >&2
    exit 1
  fi
fi

# Debian's emcc looks for acorn among Debian's node modules.
export NODE_PATH="${NODE_PATH:-/usr/share/nodejs}"

# The LUA_USE_* are those of Lua's own Linux build. No setjmp: errors are JavaScript exceptions (glue/host.h).
# The C stack comes first in memory, so that an overflow traps instead of overwriting data.
emcc -std=gnu11 -O3 -Wall -Wextra -Wno-unused-parameter -Wno-undefined-internal \
  -DLUA_COMPAT_ALL -DLUA_USE_STRTODHEX -DLUA_USE_AFORMAT -DLUA_USE_LONGLONG ${CFLAGS:-} \
  vendor/*.c glue/*.c -o "${1:-lua.wasm}" \
  -s STANDALONE_WASM=1 --no-entry -s ALLOW_MEMORY_GROWTH=1 -s MAXIMUM_MEMORY=2147483648 \
  -s INITIAL_MEMORY=4194304 -s TOTAL_STACK=1048576 -s MALLOC=dlmalloc \
  -s ERROR_ON_UNDEFINED_SYMBOLS=0 -s WARN_ON_UNDEFINED_SYMBOLS=0 -Wl,--stack-first

ls -l "${1:-lua.wasm}"
