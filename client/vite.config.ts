/// <reference types="vitest/config" />
import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import { compressed, roomPage } from "./delivery.ts";
import { dutchFont } from "./font.ts";

const server = "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [dutchFont(), svelte(), roomPage(), compressed()],
  resolve: {
    alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) },
    // Under vitest, Svelte must resolve to its browser build, not the server one.
    ...(process.env.VITEST ? { conditions: ["browser"] } : {}),
  },
  build: {
    outDir: "dist",
    // Inlined assets are data: addresses, and the content security policy refuses those.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    rolldownOptions: {
      output: {
        // Few files, for each costs an answer with its headers: what pages share with the room, and what forms share.
        codeSplitting: {
          groups: [
            { name: "kit", test: /src\/(?!pages\/|ui\/(?!Button|roles))/, minShareCount: 2, priority: 1 },
            { name: "forms", test: /src\/ui\//, minShareCount: 2 },
          ],
        },
      },
    },
  },
  server: {
    host: "127.0.0.1",
    proxy: {
      "/api": { target: server },
      "/socket.io": { target: server, ws: true },
      "/openapi.json": { target: server },
    },
  },
  test: { include: ["src/**/*.test.ts"] },
});
