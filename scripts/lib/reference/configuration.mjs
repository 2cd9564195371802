import { code, GENERATED, limitsOf, shapeOf, table } from "./tables.mjs";

export function configurationPage({ programs, plugins }) {
  return `# Configuration

${GENERATED}

\`npm run up\` needs none of this: it writes what its programs need into its data directory.

A program takes its settings from its defaults, then its configuration file (JSON), then environment variables, then its
command line; the later one wins. Unknown fields and wrong types are refused with the field's name.

${programs.map(programSection).join("\n\n")}

## Plugins

Settings of plugins hold for the whole cluster and reach running hosts at once:
\`switchyardctl plugin set PLUGIN SETTING VALUE\`.

${plugins.map(pluginSection).join("\n\n")}
`;
}

function programSection({ name, prefix, schema, meanings }) {
  const rows = Object.entries(schema.properties).map(([field, its]) => [
    code(field),
    code(variable(prefix, field)),
    code(shapeOf(its)),
    defaultOf(its),
    describe({ description: meanings[field], ...its }),
  ]);
  return `## The ${name}\n\n${table(["field", "variable", "type", "default", "meaning"], rows)}`;
}

function pluginSection({ name, title, settings }) {
  const rows = Object.entries(settings.properties).map(([field, its]) => [
    code(field),
    code(shapeOf(its)),
    defaultOf(its),
    describe(its),
  ]);
  return `### ${name}: ${title}\n\n${table(["setting", "type", "default", "meaning"], rows)}`;
}

function variable(prefix, field) {
  return `${prefix}_${field.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

function defaultOf(schema) {
  return schema.default === undefined ? "" : code(JSON.stringify(schema.default));
}

function describe(schema) {
  return [(schema.description ?? "").replace(/\.$/, ""), limitsOf(schema)].filter(Boolean).join("; ");
}
