import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";
import svelteConfig from "./svelte.config.js";

export default ts.config(
  { ignores: ["dist/", "node_modules/", "src/protocol.gen.ts"] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  { languageOptions: { globals: { ...globals.browser, ...globals.node } } },
  // The wire is a flat map of fields: deleting by key is what it is for.
  { rules: { "@typescript-eslint/no-dynamic-delete": "off" } },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: {
      parserOptions: { parser: ts.parser, extraFileExtensions: [".svelte"], svelteConfig },
    },
    rules: {
      // TypeScript already knows every name.
      "no-undef": "off",
      "no-restricted-syntax": [
        "error",
        {
          selector: "SvelteStartTag > SvelteAttribute[key.name='style']",
          message: "The security policy refuses a style attribute: write style:property={value}.",
        },
      ],
      // {" "} keeps a space that Svelte would drop.
      "svelte/no-useless-mustaches": "off",
      "svelte/no-at-html-tags": "error",
      "svelte/button-has-type": "error",
      // Our own small router; SvelteKit's resolve() does not exist here.
      "svelte/no-navigation-without-resolve": "off",
    },
  },
);
