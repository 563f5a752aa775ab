/** Makes the font that every page loads: of Source Sans 3 only what Dutch needs, in the weights that are used. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import subsetFont from "subset-font";
import type { Plugin } from "vite";

const SOURCE = "@fontsource-variable/source-sans-3/files/source-sans-3-latin-wght-normal.woff2";
/** Where `src/fonts/fonts.css` and `index.html` look for it. */
const MADE = fileURLToPath(new URL("./.made/dutch.woff2", import.meta.url));
/** Letters that keep their distance, and `fi` in one, are all that a font has to do more. */
const KEPT = {
  targetFormat: "woff2" as const,
  variationAxes: { wght: { min: 400, max: 700, default: 400 } },
  keepFeatures: ["kern", "liga"],
  noHinting: true,
};
const ASCII = String.fromCodePoint(...Array.from({ length: 0x7f - 0x20 }, (_, place) => 0x20 + place));
/** What pages show; `unicode-range` in fonts.css says the same. Any other letter comes from the whole font. */
const DUTCH = `${ASCII}\u00a0éëïöüèêáàâäóúíîôûçñÉËÏÖÜ·…–—‘’“”„•€↑↓−×`;

/** Lays the font in place before anything is built or served of it; says nothing when it is there already. */
export function dutchFont(): Plugin {
  return {
    name: "dutch-font",
    async config() {
      const whole = readFileSync(createRequire(import.meta.url).resolve(SOURCE));
      const made = await subsetFont(whole, DUTCH, KEPT);
      if (existsSync(MADE) && readFileSync(MADE).equals(made)) return;
      mkdirSync(dirname(MADE), { recursive: true });
      writeFileSync(MADE, made);
    },
  };
}
