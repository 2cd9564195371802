import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

const tests = ["**/*.test.{ts,tsx}", "test/**/*.ts", "plugins/*/test/**/*.ts", "packages/test-kit/**/*.ts"];
const nodeGlobals = ["require", "module", ...Object.getOwnPropertyNames(globalThis)];
const noDefault = { selector: "ExportDefaultDeclaration", message: "Use a named export." };
const noMain = {
  group: ["**/main.js", "**/main.ts"],
  message: "A main.ts only assembles; import what it uses.",
};

/** Prettier decides how the code looks; these rules judge what it means. */
export default defineConfig(
  globalIgnores(["**/dist/", "coverage/", ".cache/", "data/", "plugins/**/*.js", "**/*.d.ts", "**/vendor/"]),
  js.configs.recommended,
  { languageOptions: { globals: Object.fromEntries(nodeGlobals.map((name) => [name, "readonly"])) } },
  { files: ["**/*.cjs"], languageOptions: { globals: { module: "writable" } } },
  {
    files: ["**/*.{ts,tsx}"],
    extends: [tseslint.configs.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
      "@typescript-eslint/await-thenable": "error",
      "no-throw-literal": "error",
      "@typescript-eslint/prefer-promise-reject-errors": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "no-control-regex": "off", // names from people and games are checked for control characters on purpose
      "max-lines": ["error", { max: 400 }],
      "max-lines-per-function": ["error", { max: 60 }],
      "no-restricted-syntax": ["error", noDefault],
      "no-restricted-imports": ["error", { patterns: [noMain] }],
    },
  },
  {
    files: ["web-ui/**/*.{ts,tsx}"],
    rules: { "max-lines": ["error", { max: 200 }], "max-lines-per-function": ["error", { max: 120 }] },
  },
  { files: tests, rules: { "max-lines-per-function": "off" } },
  {
    files: ["**/vite.config.ts"],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { parserOptions: { projectService: false } },
    rules: { "no-restricted-syntax": "off" },
  },
);
