import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { createPrng, encodeHex, equalBytes, parseHex } from "@rialto/base";
import { MLDSA_VECTORS, RFC8032_VECTORS } from "@rialto/crypto/testing/signature-vectors";
import { makeTemporaryDirectory } from "@rialto/storage/testing/temporary-directory";
import { expect, test } from "vitest";
import { createKeyFile, KEY_SCHEMES, parseKeyFile, publicKeyOf, readKeyFile } from "./key-file.ts";
import { SecretSeed } from "./secret-seed.ts";
import { faultOf } from "./testing/fault-of.ts";

const faultFrom = (perform: () => unknown): Promise<unknown> =>
  faultOf(Promise.resolve().then(perform));

test.each(KEY_SCHEMES)(
  "a key of %s comes back from its file, which its owner alone reads",
  (scheme) => {
    using directory = makeTemporaryDirectory("memory");
    const path = join(directory.path, "member.key");
    const created = createKeyFile(path, scheme);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const read = readKeyFile(path);
    expect(read.scheme).toBe(scheme);
    expect(read.publicKey).toEqual(created.publicKey);
    expect(read.seed.expose()).toEqual(created.seed.expose());
  },
);

test("public keys are those that the standards give for a seed", () => {
  for (const { seed, publicKey } of RFC8032_VECTORS) {
    expect(encodeHex(publicKeyOf("ed25519", new SecretSeed(parseHex(seed)!)))).toBe(publicKey);
  }
  for (const { seed, publicKeyBegin, publicKeyEnd } of MLDSA_VECTORS) {
    const text = encodeHex(publicKeyOf("ml-dsa-65", new SecretSeed(parseHex(seed)!)));
    expect([text.slice(0, 64), text.slice(-64)]).toEqual([publicKeyBegin, publicKeyEnd]);
  }
});

test("a key is never overwritten, and one that others can read is not used", async () => {
  using directory = makeTemporaryDirectory("memory");
  const path = join(directory.path, "member.key");
  createKeyFile(path, "ed25519");
  const before = readFileSync(path);
  expect(await faultFrom(() => createKeyFile(path, "ed25519"))).toEqual({
    code: "KEY_FILE_EXISTS",
    path,
  });
  expect(readFileSync(path)).toEqual(before);
  for (const mode of [0o640, 0o604, 0o620, 0o610]) {
    chmodSync(path, mode);
    expect(await faultFrom(() => readKeyFile(path))).toEqual({
      code: "KEY_FILE_EXPOSED",
      path,
      mode,
    });
  }
});

test("what is no key file is named: absent, a directory, empty, huge", async () => {
  using directory = makeTemporaryDirectory("memory");
  const path = join(directory.path, "member.key");
  expect(await faultFrom(() => readKeyFile(path))).toMatchObject({ code: "KEY_FILE_ABSENT" });
  mkdirSync(path);
  expect(await faultFrom(() => readKeyFile(path))).toMatchObject({ code: "KEY_FILE_MALFORMED" });
  for (const text of ["", "x".repeat(100_000)]) {
    const file = join(directory.path, `text-${text.length}`);
    writeFileSync(file, text, { mode: 0o600 });
    expect(await faultFrom(() => readKeyFile(file))).toMatchObject({ code: "KEY_FILE_MALFORMED" });
  }
});

test("3,000 damaged key files: each is refused or the same key, and no message holds the secret", () => {
  using directory = makeTemporaryDirectory("memory");
  const path = join(directory.path, "member.key");
  const { publicKey, seed } = createKeyFile(path, "ed25519");
  const secret = encodeHex(seed.expose());
  const text = readFileSync(path, "latin1");
  const prng = createPrng(12);
  for (let round = 0; round < 3_000; round++) {
    const at = prng.below(text.length);
    const replaced = String.fromCharCode(prng.below(256));
    const damaged = prng.chance(1, 5)
      ? text.slice(0, at)
      : text.slice(0, at) + replaced + text.slice(at + 1);
    const parsed = parseKeyFile(damaged);
    const shown = typeof parsed === "string" ? parsed : encodeHex(parsed.publicKey);
    expect(shown).not.toContain(secret.slice(0, 8));
    expect(typeof parsed === "string" || equalBytes(parsed.publicKey, publicKey)).toBe(true);
  }
});

test("a secret does not print", () => {
  const seed = SecretSeed.random();
  const secret = encodeHex(seed.expose());
  const shown = [inspect({ seed }, { depth: 9 }), JSON.stringify({ seed }), String(seed)];
  for (const text of shown) {
    expect(text).toContain("[secret]");
    expect(text).not.toContain(secret.slice(0, 16));
  }
});

/** Makes a key where a process may write little, and says how that went. */
const CREATE = `
  import { createKeyFile } from "./key-file.ts";
  try {
    createKeyFile(process.argv[1], "ml-dsa-65");
    console.log("made");
  } catch (error) {
    console.log(error.detail.code);
  }
`;

test.runIf(process.platform === "linux")(
  "a key for which there is no room is not made, and nothing is left in the way of another",
  () => {
    using directory = makeTemporaryDirectory("memory");
    const path = join(directory.path, "quantum.key");
    const program = `ulimit -f 2; exec "$0" --input-type=module --eval "$1" "$2"`;
    const args = ["-c", program, process.execPath, CREATE, path];
    const options = { cwd: import.meta.dirname, encoding: "utf8" } as const;
    expect(spawnSync("sh", args, options).stdout.trim()).toBe("KEY_FILE_IO");
    const made = createKeyFile(path, "ml-dsa-65");
    expect(readKeyFile(path).publicKey).toEqual(made.publicKey);
  },
);

/** Ends as a machine whose power fails, when the system is called the so manieth time. */
const CRASH = `
  import fs from "node:fs";
  import { syncBuiltinESMExports } from "node:module";
  import { createKeyFile } from "./key-file.ts";
  let left = Number(process.argv[2]);
  for (const name of ["openSync", "writeSync", "fsyncSync", "closeSync", "linkSync", "rmSync"]) {
    const call = fs[name];
    fs[name] = (...of) => {
      if (--left < 0) process.kill(process.pid, "SIGKILL");
      return call(...of);
    };
  }
  syncBuiltinESMExports();
  createKeyFile(process.argv[1], "ed25519");
  console.log("made");
`;

test("a crash at any moment leaves a whole key, or none and nothing in the way of another", () => {
  let hasMade = false;
  for (let calls = 0; !hasMade; calls++) {
    using directory = makeTemporaryDirectory("memory");
    const path = join(directory.path, "member.key");
    const args = ["--input-type=module", "--eval", CRASH, path, String(calls)];
    const options = { cwd: import.meta.dirname, encoding: "utf8" } as const;
    hasMade = spawnSync(process.execPath, args, options).stdout.trim() === "made";
    const key = existsSync(path) ? readKeyFile(path) : createKeyFile(path, "ed25519");
    expect(readKeyFile(path).publicKey).toEqual(key.publicKey);
    expect(readdirSync(directory.path).filter((name) => !name.startsWith("member.key"))).toEqual(
      [],
    );
    expect(calls).toBeLessThan(20);
  }
});

/** Makes a key, and while it is written but has no name yet, another one in the same place, which is named last. */
const MEET = `
  import fs from "node:fs";
  import { syncBuiltinESMExports } from "node:module";
  import { createKeyFile, readKeyFile } from "./key-file.ts";
  const [, path] = process.argv;
  const make = () => {
    try {
      return Buffer.from(createKeyFile(path, "ed25519").publicKey).toString("hex");
    } catch (error) {
      return error.detail.code;
    }
  };
  const { linkSync } = fs;
  let first;
  let second;
  fs.linkSync = (...of) => {
    if (first === undefined) {
      first = of;
      second = make();
    } else {
      linkSync(...first);
      linkSync(...of);
    }
  };
  syncBuiltinESMExports();
  const made = make();
  const kept = Buffer.from(readKeyFile(path).publicKey).toString("hex");
  console.log(made === kept, second);
`;

test("of two that make a key in one place at once one has it, and the other is told so", () => {
  using directory = makeTemporaryDirectory("memory");
  const path = join(directory.path, "member.key");
  const args = ["--input-type=module", "--eval", MEET, path];
  const { stdout } = spawnSync(process.execPath, args, {
    cwd: import.meta.dirname,
    encoding: "utf8",
  });
  expect(stdout.trim()).toBe("true KEY_FILE_EXISTS");
  expect(readdirSync(directory.path)).toEqual(["member.key"]);
});

test.skipIf(process.platform === "win32")(
  "a pipe or a directory in a key's place is refused, and nobody waits for who writes into it",
  () => {
    using directory = makeTemporaryDirectory("memory");
    const pipe = join(directory.path, "pipe.key");
    expect(spawnSync("mkfifo", ["-m", "600", pipe]).status).toBe(0);
    for (const path of [pipe, directory.path]) {
      // In a process of its own: one that waits there waits for ever.
      const program = `import { readKeyFile } from ${JSON.stringify(join(import.meta.dirname, "key-file.ts"))};
        try { readKeyFile(${JSON.stringify(path)}); } catch (fault) { console.log(fault.detail.problem); }`;
      const options = { encoding: "utf8", timeout: 10_000 } as const;
      const { stdout } = spawnSync(
        process.execPath,
        ["--input-type=module", "-e", program],
        options,
      );
      expect(stdout).toBe("it is not a file\n");
    }
  },
);
