import { Type, type Static, type TObject, type TSchema } from "typebox";
import { Value } from "typebox/value";
import { AppError } from "@switchyard/protocol";
import { createAjvCompiler } from "@switchyard/protocol/ajv";
import { readJsonFile, writeFileAtomic } from "./files.js";

export interface ReadConfigOptions {
  /** A JSON file; a missing one counts as empty. */
  file?: string;
  /** Values of the command line; they win over everything. Undefined members are ignored. */
  overrides?: Readonly<Record<string, unknown>>;
  /**
   * Variables `<prefix>_<FIELD_IN_CAPITALS>` win over the file, for example SWITCHYARD_CONTROLLER_PORT. Lists are
   * written as JSON; an empty variable counts as none.
   */
  environment?: { prefix: string; variables: NodeJS.ProcessEnv };
}

/**
 * A program's typed settings: defaults of the schema, then file, then environment, then command line.
 * Unknown fields and wrong types are refused with the field's name.
 */
export async function readConfig<S extends TObject>(
  schema: S,
  options: ReadConfigOptions,
): Promise<Static<S>> {
  const fromFile = options.file === undefined ? undefined : await readJsonFile(options.file);
  if (
    fromFile !== undefined &&
    (typeof fromFile !== "object" || fromFile === null || Array.isArray(fromFile))
  ) {
    throw new AppError("config-invalid", {
      field: options.file,
      reason: "the file must hold one JSON object",
    });
  }
  const merged: Record<string, unknown> = { ...fromFile };
  for (const [field, fieldSchema] of Object.entries(schema.properties)) {
    const text = options.environment?.variables[environmentName(options.environment.prefix, field)];
    // An empty variable is how a shell says "not set".
    if (text !== undefined && text !== "") merged[field] = fromText(fieldSchema, text);
    if (options.overrides?.[field] !== undefined) merged[field] = options.overrides[field];
  }
  const complete = Value.Default(schema, merged);
  const fault = createAjvCompiler()(Type.Object(schema.properties, { additionalProperties: false }))(
    complete,
  );
  if (fault !== undefined) throw new AppError("config-invalid", faultDetails(fault, options.file));
  return complete as Static<S>;
}

/** Writes settings for the next start; readable by the owner only, since hosts keep their token here. */
export async function writeConfig(file: string, config: object): Promise<void> {
  await writeFileAtomic(file, `${JSON.stringify(config, undefined, 2)}\n`, 0o600);
}

/** Lists and objects are written as JSON; what cannot be read is left for the check to refuse. */
function fromText(schema: TSchema, text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return Value.Convert(schema, text);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function environmentName(prefix: string, field: string): string {
  return `${prefix}_${field.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

function faultDetails(fault: string, file: string | undefined): { field: string; reason: string } {
  const [place = "/", ...rest] = fault.split(" ");
  const field = place === "/" ? (file ?? "the settings") : place.slice(1).replaceAll("/", ".");
  return { field, reason: rest.join(" ") };
}
