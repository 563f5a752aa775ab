/** How the built client reaches a browser: no file later than it could be, and each as small as it can be. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin, Rolldown } from "vite";

type Bundle = Rolldown.OutputBundle;

/** The page of a room is what most people open, often on a small machine: it names at once what it will need. */
const ROOM = "src/room/RoomPage.svelte";
/** Fonts are compressed already. */
const TEXT = /\.(css|html|js|svg)$/;

/** Adds `room.html`: the page, with links to the code and the styles of the room, so that they come with the first. */
export function roomPage(): Plugin {
  return {
    name: "room-page",
    apply: "build",
    // After Vite has made index.html.
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        const page = bundle["index.html"];
        if (page?.type !== "asset") this.error("there is no index.html to make room.html from");
        const source = String(page.source).replace("</head>", `${roomLinks(bundle).join("")}</head>`);
        this.emitFile({ type: "asset", fileName: "room.html", source });
      },
    },
  };
}

function roomLinks(bundle: Bundle): string[] {
  const chunks = Object.values(bundle).filter((one): one is Rolldown.OutputChunk => one.type === "chunk");
  const room = chunks.find((chunk) => chunk.facadeModuleId?.endsWith(ROOM));
  if (!room) throw new Error(`no chunk is made of ${ROOM}`);
  const early = new Set(chunks.filter((chunk) => chunk.isEntry).flatMap((entry) => withImports(bundle, entry)));
  const wanted = withImports(bundle, room).filter((chunk) => !early.has(chunk));
  return [
    ...wanted.map((chunk) => `  <link rel="modulepreload" crossorigin href="/${chunk.fileName}" />\n  `),
    ...wanted
      .flatMap((chunk) => [...(chunk.viteMetadata?.importedCss ?? [])])
      .map((name) => `  <link rel="stylesheet" crossorigin href="/${name}" />\n  `),
  ];
}

/** A chunk and all that it imports, without what it may import later. */
function withImports(bundle: Bundle, chunk: Rolldown.OutputChunk, found = new Set<Rolldown.OutputChunk>()): Rolldown.OutputChunk[] {
  found.add(chunk);
  for (const name of chunk.imports) {
    const next = bundle[name];
    if (next?.type === "chunk" && !found.has(next)) withImports(bundle, next, found);
  }
  return [...found];
}

/** Lays beside every text that was built a copy for who reads brotli, and one for who reads gzip. */
export function compressed(): Plugin {
  let folder = "";
  return {
    name: "compressed",
    apply: "build",
    configResolved: (config) => void (folder = join(config.root, config.build.outDir)),
    // When everything has been written, the files of public/ too.
    closeBundle() {
      for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
        if (TEXT.test(name)) compress(join(folder, name));
      }
    },
  };
}

function compress(path: string): void {
  const text = readFileSync(path);
  const size = { [constants.BROTLI_PARAM_SIZE_HINT]: text.length };
  const copies = { br: brotliCompressSync(text, { params: size }), gz: gzipSync(text, { level: constants.Z_BEST_COMPRESSION }) };
  for (const [ending, copy] of Object.entries(copies)) {
    if (copy.length < text.length) writeFileSync(`${path}.${ending}`, copy);
  }
}
