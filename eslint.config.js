import eslint from "@eslint/js";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

/** What the outside world is reached through: only `support/`, `main.ts` and the adapters may name it. */
const AMBIENT = [
  { name: "setTimeout", message: "Take a Clock and await it with an AbortSignal." },
  { name: "setInterval", message: "Take a Clock and await it with an AbortSignal." },
  { name: "console", message: "Take a Logger." },
  { name: "fetch", message: "Go through the client of the service." },
];
const AMBIENT_MEMBERS = [
  { object: "Date", property: "now", message: "Take a Clock." },
  { object: "Math", property: "random", message: "Take the randomness as a parameter." },
  { object: "process", property: "env", message: "Read the environment in main.ts and pass the value." },
];

const SYNTAX = [
  { selector: "ExportDefaultDeclaration", message: "Export by name." },
  { selector: "TSEnumDeclaration", message: "Use a union of string literals." },
  { selector: "PropertyDefinition[accessibility='private']", message: "Use #private." },
  {
    selector: "MemberExpression[property.name='localeCompare']",
    message: "Compare by <: localeCompare loads ICU, which takes 9 ms of an event.",
  },
];

export default defineConfig(
  // The types of what site/ uses are among its own dependencies, which site/test.sh installs.
  { ignores: ["dist", "coverage", "node_modules", ".cache", "**/*.generated.ts", "site"] },
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    // One program for all files: the service of editors, which follows changes, takes a third more of a processor.
    languageOptions: {
      parserOptions: { project: ["./tsconfig.json"], tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      eqeqeq: "error",
      "max-params": ["error", 4],
      "no-restricted-syntax": ["error", ...SYNTAX],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/explicit-module-boundary-types": "error",
      // A promise that nobody awaits may be lost when the process of a hook ends, and `void` only hides it.
      "@typescript-eslint/no-floating-promises": ["error", { ignoreVoid: false }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
    },
  },
  {
    files: ["src/**/*.ts", "packages/*/src/**/*.ts"],
    ignores: [
      "packages/kit/src/**",
      "src/main.ts",
      "src/service.ts",
      "packages/*/src/**/main.ts",
      "packages/juju-charm/src/pack/**",
    ],
    rules: {
      "no-restricted-globals": ["error", ...AMBIENT],
      "no-restricted-properties": ["error", ...AMBIENT_MEMBERS],
    },
  },
  {
    files: ["src/**/*.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        ...SYNTAX,
        {
          selector: "ClassDeclaration[superClass.name='CodedError']",
          message: "Extend ConditionError: the unit's status has to know who can end it.",
        },
      ],
    },
  },
  {
    files: ["tests/**/*.ts", "packages/*/tests/**/*.ts", "scripts/**/*.ts"],
    rules: {
      // chai's assertions are property reads.
      "@typescript-eslint/no-unused-expressions": "off",
      // Tests let promises go on purpose, and say so with `void`.
      "@typescript-eslint/no-floating-promises": ["error", { ignoreVoid: true }],
      "@typescript-eslint/explicit-module-boundary-types": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
    },
  },
  {
    files: ["src/charm/charm.ts"],
    // The base class binds the methods of a charm, so that they can be handed over as handlers.
    rules: { "@typescript-eslint/unbound-method": "off" },
  },
  {
    // The compiler checks its names, with the types of a browser: site/tsconfig.json.
    files: ["page/*.js"],
    rules: { "no-undef": "off" },
  },
  {
    files: ["**/*.js"],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { "no-restricted-syntax": "off" }, // tools load their configuration by its default export
  },
);
