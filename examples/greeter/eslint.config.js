import eslint from "@eslint/js";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  { ignores: ["dist", "state", "**/*.generated.ts"] },
  eslint.configs.recommended,
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // A promise that is not awaited is lost when the event's process ends, and `void` only hides it.
      "@typescript-eslint/no-floating-promises": ["error", { ignoreVoid: false }],
      // The base class binds the methods of a charm, so they can be passed as handlers.
      "@typescript-eslint/unbound-method": "off",
    },
  },
  {
    files: ["tests/**/*.ts"],
    rules: {
      // node:test awaits the promises of these functions.
      "@typescript-eslint/no-floating-promises": [
        "error",
        { allowForKnownSafeCalls: [{ from: "package", package: "node:test", name: ["describe", "it"] }] },
      ],
    },
  },
  { files: ["**/*.js"], extends: [tseslint.configs.disableTypeChecked] },
);
