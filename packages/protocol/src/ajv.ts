import { Ajv } from "ajv";
import { cachedCompiler, type SchemaCompiler } from "./validation.js";

/** The compiler for Node: Ajv, one instance per caller, each schema compiled at its first use. */
export function createAjvCompiler(): SchemaCompiler {
  const ajv = new Ajv({ allErrors: false, strict: false });
  return cachedCompiler((schema) => {
    const validate = ajv.compile(schema);
    return (value) => {
      if (validate(value)) return undefined;
      const error = validate.errors?.[0];
      const property = error?.params["additionalProperty"] as string | undefined;
      return `${error?.instancePath || "/"} ${error?.message ?? "is not valid"}${property ? `: ${property}` : ""}`;
    };
  });
}
