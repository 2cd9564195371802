import { code, GENERATED, table } from "./tables.mjs";

const EXIT_CODES = [
  [0, "done"],
  [1, "a program that was started by a script failed"],
  [2, "wrong usage or bad input"],
  [3, "not found"],
  [4, "not signed in, or not allowed"],
  [5, "conflicts with the present state"],
  [6, "cannot be reached"],
  [7, "took too long, or cancelled"],
  [8, "this machine: port, disk, permission, Node.js"],
  [10, "a fault in Switchyard"],
];

export function errorsPage({ protocol }) {
  const rows = Object.entries(protocol.ERRORS).map(([name, { text, status, exit }]) => [
    code(name),
    text,
    status,
    exit,
  ]);
  return `# Errors

${GENERATED}

Every expected refusal has a code that stays the same, a sentence for people, an HTTP status and an exit code. \`{…}\` is
filled with details, which programs get as fields of their own.

${table(["code", "sentence", "HTTP", "exit"], rows)}

## Exit codes

${table(["exit", "meaning"], EXIT_CODES)}
`;
}
