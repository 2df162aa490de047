// `npm run pack:engine`: makes the package @rialto/engine that programs outside of this repository can install: JavaScript
// and declarations, with the two packages it needs inside. Prints where the tarball is.

import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { root } from "./check-steps.ts";

const PACKAGES = ["base", "protocol", "engine"] as const;
const OUTPUT = join(root, "core/engine/build");
/** Of what the repository's own manifests say, what holds outside too. */
const KEPT = ["name", "version", "description", "license", "type", "sideEffects"] as const;

/**
 * Writes the tarball into `folder`. Returns its path.
 *
 * Effects  compiles in a temporary folder, which is gone afterwards.
 * Errors   thrown, with what the compiler or npm has said.
 */
export function packEngine(folder: string): string {
  const work = mkdtempSync(join(tmpdir(), "rialto-pack-engine-"));
  try {
    const compiled = join(work, "compiled");
    compile(work, compiled);
    const target = join(work, "engine");
    for (const name of PACKAGES) {
      const place = name === "engine" ? target : join(target, "node_modules/@rialto", name);
      copyModules(join(compiled, name, "src"), join(place, "dist"));
      writeManifest(name, place);
    }
    cpSync(join(root, "core/engine/README.md"), join(target, "README.md"));
    cpSync(join(root, "LICENSE"), join(target, "LICENSE"));
    mkdirSync(folder, { recursive: true });
    const args = ["pack", "--json", "--pack-destination", folder];
    const [packed] = JSON.parse(run("npm", args, target)) as { readonly filename: string }[];
    return join(folder, packed!.filename.replace("@", "").replace("/", "-"));
  } finally {
    rmSync(work, { recursive: true });
  }
}

function compile(work: string, outDir: string): void {
  const config = join(work, "tsconfig.json");
  const settings = {
    extends: join(root, "tsconfig.pure.json"),
    compilerOptions: {
      noEmit: false,
      rewriteRelativeImportExtensions: true,
      rootDir: join(root, "core"),
      outDir,
    },
    // Every file by itself: one that the compiler finds through node_modules first it does not compile.
    include: PACKAGES.map((name) => join(root, "core", name, "src/**/*.ts")),
    exclude: ["*.test.ts", "*.fuzz.ts", "testing/**"].map((each) => join(root, "core/**", each)),
  };
  writeFileSync(config, JSON.stringify(settings));
  run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", config], root);
}

/** Copies what was compiled. The compiler leaves the names of files in declarations as they are in the sources. */
function copyModules(source: string, target: string): void {
  for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const copy = join(target, relative(source, path));
    const text = readFileSync(path, "utf8");
    mkdirSync(dirname(copy), { recursive: true });
    writeFileSync(copy, text.replaceAll(/(from "\.[^"]*)\.ts"/g, '$1.js"'));
  }
}

function writeManifest(name: (typeof PACKAGES)[number], place: string): void {
  const text = readFileSync(join(root, "core", name, "package.json"), "utf8");
  const manifest = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const dependencies = (manifest["dependencies"] ?? {}) as Readonly<Record<string, string>>;
  const outside = {
    ...Object.fromEntries(KEPT.map((field) => [field, manifest[field]])),
    exports: compiledExports(manifest["exports"] as Entries),
    dependencies,
    ...(name === "engine"
      ? { bundleDependencies: Object.keys(dependencies), files: ["dist"] }
      : {}),
  };
  writeFileSync(join(place, "package.json"), `${JSON.stringify(outside, null, 2)}\n`);
}

/** What may be imported of a package, and the file it is; with its types where they are named. */
type Entries = Readonly<Record<string, string | { readonly default: string }>>;

/** The entries, but for those that are for tests, as they are when compiled. */
function compiledExports(entries: Entries): object {
  return Object.fromEntries(
    Object.entries(entries)
      .filter(([name]) => !name.startsWith("./testing"))
      .map(([name, entry]) => {
        const source = typeof entry === "string" ? entry : entry.default;
        const compiled = source.replace("./src/", "./dist/").replace(/\.ts$/, "");
        return [name, { types: `${compiled}.d.ts`, default: `${compiled}.js` }];
      }),
  );
}

function run(program: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}\n${stdout}\n${stderr}`);
  return stdout;
}

if (import.meta.main) console.log(packEngine(OUTPUT));
