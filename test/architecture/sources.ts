import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const NOT_SOURCES = new Set(["node_modules", "dist", "coverage", "vendor", "public"]);

/** One TypeScript file and what the rules ask about it. Paths are from the root, with forward slashes. */
export interface Source {
  readonly file: string;
  readonly isTest: boolean;
  readonly lines: number;
  readonly imports: readonly string[];
  /** Those that are there at run time when the file is loaded: neither types nor `import()`. */
  readonly loads: readonly string[];
  readonly anyCount: number;
  readonly hasDefaultExport: boolean;
  /** Names of `let` and `var` at the top level. */
  readonly moduleVariables: readonly string[];
}

/** All TypeScript sources of packages, plugins and the panel; what plugins compile to is no source. */
export function readSources(): Source[] {
  const files = ["packages", "plugins", "web-ui"].flatMap((folder) => filesUnder(folder, /(?<!\.d)\.tsx?$/));
  return files.map(readSource);
}

export function filesUnder(folder: string, pattern: RegExp): string[] {
  const entries = readdirSync(path.join(ROOT, folder), { withFileTypes: true });
  const found = entries.flatMap((entry) => {
    const name = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return NOT_SOURCES.has(entry.name) ? [] : filesUnder(name, pattern);
    return pattern.test(name) ? [name] : [];
  });
  return found.sort();
}

export function readText(file: string): string {
  return readFileSync(path.join(ROOT, file), "utf8");
}

export function countLines(text: string): number {
  return text.endsWith("\n") ? text.split("\n").length - 1 : text.split("\n").length;
}

function readSource(file: string): Source {
  const text = readText(file);
  const kind = file.endsWith("x") ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true, kind);
  const imports: string[] = [];
  const loads = tree.statements.filter(isLoading).flatMap((statement) => importedBy(statement) ?? []);
  let anyCount = 0;
  const visit = (node: ts.Node): void => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) anyCount += 1;
    const target = importedBy(node);
    if (target !== undefined) imports.push(target);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return {
    file,
    isTest: /\.test\.tsx?$|\/test\/|\/testing\/|^packages\/test-kit\//.test(file),
    lines: countLines(text),
    imports,
    loads,
    anyCount,
    hasDefaultExport: tree.statements.some(isDefaultExport),
    moduleVariables: tree.statements.flatMap(variablesOf),
  };
}

function importedBy(node: ts.Node): string | undefined {
  if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
    return ts.isStringLiteral(node.moduleSpecifier) ? node.moduleSpecifier.text : undefined;
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [target] = node.arguments;
    return target && ts.isStringLiteral(target) ? target.text : undefined;
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    return ts.isStringLiteral(node.argument.literal) ? node.argument.literal.text : undefined;
  }
  return undefined;
}

/** `import { type A }` still loads the file; `import type` does not. */
function isLoading(statement: ts.Statement): boolean {
  if (ts.isExportDeclaration(statement)) return !statement.isTypeOnly;
  return ts.isImportDeclaration(statement) && !/^import\s+type\b/.test(statement.getText());
}

function isDefaultExport(statement: ts.Statement): boolean {
  if (ts.isExportAssignment(statement)) return true;
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
  return modifiers.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword);
}

function variablesOf(statement: ts.Statement): string[] {
  if (!ts.isVariableStatement(statement) || statement.declarationList.flags & ts.NodeFlags.Const) return [];
  return statement.declarationList.declarations.map(
    (declaration) => (declaration.name as ts.Identifier).text,
  );
}
