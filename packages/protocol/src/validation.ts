import type { TSchema } from "typebox";

/** Undefined when the value fits the schema, else what is wrong with it, with the place: `/players/0 must be string`. */
export type Validate = (value: unknown) => string | undefined;

/**
 * Makes validators of schemas. On Node it is Ajv (`@switchyard/protocol/ajv`); in the browser, where the content
 * security policy forbids generated code, TypeBox's interpreter does the same.
 */
export type SchemaCompiler = (schema: TSchema) => Validate;

/** Compiles each schema once, at its first use. */
export function cachedCompiler(compile: SchemaCompiler): SchemaCompiler {
  const compiled = new WeakMap<TSchema, Validate>();
  return (schema) => {
    let validate = compiled.get(schema);
    if (!validate) {
      validate = compile(schema);
      compiled.set(schema, validate);
    }
    return validate;
  };
}
