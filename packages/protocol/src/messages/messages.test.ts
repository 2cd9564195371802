import assert from "node:assert/strict";
import { createAjvCompiler } from "../ajv.js";
import type { AnyMessage } from "../define.js";
import * as protocol from "../index.js";

const { CORE_MESSAGES, PERMISSIONS } = protocol;

describe("the core's messages", () => {
  it("have each their own name of the form noun.verb", () => {
    const names = CORE_MESSAGES.map((message) => message.name);
    assert.equal(new Set(names).size, names.length);
    for (const name of names) assert.match(name, /^[a-z]+\.[a-z]+(-[a-z]+)*$/);
  });

  it("are all listed that the package exports", () => {
    const exported = Object.values<unknown>({ ...protocol }).filter(isMessage);
    const missing = exported.filter((message) => !CORE_MESSAGES.includes(message)).map(({ name }) => name);
    assert.deepEqual(missing, []);
    assert.equal(exported.length, CORE_MESSAGES.length);
  });

  it("need permissions that exist, and only where a control may send them", () => {
    for (const { name, from, permission } of CORE_MESSAGES) {
      if (permission === null) continue;
      assert.ok(permission in PERMISSIONS, name);
      assert.ok(from.includes("control"), name);
    }
  });

  it("have schemas that compile", () => {
    const compile = createAjvCompiler();
    for (const message of CORE_MESSAGES) {
      const schemas = message.kind === "request" ? [message.params, message.result] : [message.payload];
      for (const schema of schemas) assert.notEqual(compile(schema)(undefined), undefined, message.name);
    }
  });
});

function isMessage(value: unknown): value is AnyMessage {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  return value.kind === "request" || value.kind === "event";
}
