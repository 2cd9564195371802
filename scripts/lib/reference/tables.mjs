/** A Markdown table; cells are escaped, empty columns are kept. */
export function table(head, rows) {
  const line = (cells) =>
    `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

export function code(text) {
  return text === "" ? "" : `\`${text}\``;
}

export const GENERATED = "_Generated from the sources by `npm run reference`; do not edit._";

/** A schema in the notation of TypeScript, with limits left out. */
export function shapeOf(schema) {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.anyOf) return schema.anyOf.map(shapeOf).join(" | ");
  if (schema.allOf) return schema.allOf.map(shapeOf).join(" & ");
  if (schema.type === "array") return `${bracketed(shapeOf(schema.items ?? {}))}[]`;
  if (schema.type === "object") return objectShape(schema);
  return schema.type ?? "unknown";
}

function objectShape(schema) {
  const fields = Object.entries(schema.properties ?? {});
  if (fields.length === 0)
    return Object.keys(schema.patternProperties ?? {}).length > 0 ? "{ [name]: unknown }" : "{}";
  const required = new Set(schema.required ?? []);
  return `{ ${fields.map(([name, field]) => `${name}${required.has(name) ? "" : "?"}: ${shapeOf(field)}`).join(", ")} }`;
}

function bracketed(shape) {
  return shape.includes(" | ") ? `(${shape})` : shape;
}

/** What a value must fit besides its type, for people. */
export function limitsOf(schema) {
  const limits = [];
  if (schema.minimum !== undefined) limits.push(`at least ${schema.minimum}`);
  if (schema.maximum !== undefined) limits.push(`at most ${schema.maximum}`);
  if (schema.maxLength !== undefined) limits.push(`at most ${schema.maxLength} characters`);
  return limits.join(", ");
}
