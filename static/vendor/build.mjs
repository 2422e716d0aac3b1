/* Builds what is vendored, from exactly what package-lock.json names: `make vendor`. Running the site needs no Node.
   One file a library, its version in the name; LICENSES.txt with the text of every package that is in it; manifest.json with
   package, version and licence of each and the SHA-256 of every file, which tests/test_vendor.py counts again. */

import { createHash } from "node:crypto";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const out = process.argv[2];
const about = name => JSON.parse(readFileSync(join("node_modules", name, "package.json"), "utf8"));
const LIBRARIES = { codemirror: "@codemirror/view", "web-vitals": "web-vitals" }; /* whose version stands in the name */
const bundles = Object.fromEntries(Object.entries(LIBRARIES).map(([name, versioned]) => [name, `${name}-${about(versioned).version}.js`]));

const inputs = [];
for (const [name, bundle] of Object.entries(bundles)) {
  const { metafile } = await build({
    entryPoints: [`${name}.mjs`],
    outfile: join(out, bundle),
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    legalComments: "none",
    metafile: true,
  });
  inputs.push(...Object.keys(metafile.inputs));
}

const inside = file => file.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1];
const packages = [...new Set(inputs.map(inside).filter(Boolean))].sort().map(name => {
  const { version, license } = about(name);
  const file = readdirSync(join("node_modules", name)).find(entry => /^licen[cs]e/i.test(entry));
  if (!file || !license) throw new Error(`${name} has no licence that could be kept beside it`);
  return { name, version, license, text: readFileSync(join("node_modules", name, file), "utf8").trim() };
});

for (const old of readdirSync(out)) if (old.endsWith(".js") && !Object.values(bundles).includes(old)) rmSync(join(out, old));
writeFileSync(join(out, "LICENSES.txt"), packages.map(({ name, version, license, text }) => `${name} ${version} (${license})\n\n${text}\n`).join(`\n${"-".repeat(72)}\n\n`));
const files = Object.fromEntries([...Object.values(bundles), "LICENSES.txt"].map(name => [name, createHash("sha256").update(readFileSync(join(out, name))).digest("hex")]));
writeFileSync(join(out, "manifest.json"), `${JSON.stringify({ packages: packages.map(({ text, ...rest }) => rest), files }, null, 2)}\n`);
