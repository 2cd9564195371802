/*
 * Loaded with --require before any script, so that an old Node.js gets a sentence instead of a syntax error.
 * Old syntax only: it must parse on every version of Node.js that is still around.
 * SWITCHYARD_PRETEND_NODE_VERSION is for the test of this file.
 */
"use strict";

var NEEDED = [20, 19];
var version = (process.env.SWITCHYARD_PRETEND_NODE_VERSION || process.version).replace(/^v/, "");
var parts = version.split(".");
var major = parseInt(parts[0], 10);
var minor = parseInt(parts[1], 10);

if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])) {
  console.error(
    "Node.js " +
      version +
      " is too old; Switchyard needs " +
      NEEDED.join(".") +
      " or newer. Get it from https://nodejs.org/",
  );
  process.exit(8);
}
