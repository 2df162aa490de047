import {
  ENDED_CERTIFICATE,
  OTHER_CERTIFICATE,
  TEST_CERTIFICATE,
} from "@rialto/gateway/testing/certificate";
import { makeTemporaryDirectory } from "@rialto/storage/testing/temporary-directory";
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { TlsFiles, type TlsFilesOptions } from "./tls-files.ts";

interface Said {
  readonly event: string;
  readonly problem?: string;
}

function openFiles(directory: string) {
  const paths = { tlsCert: join(directory, "cert.pem"), tlsKey: join(directory, "key.pem") };
  const said: Said[] = [];
  const say = (fields: object, event: string): void => void said.push({ ...fields, event });
  const log = { info: say, warn: say } as unknown as TlsFilesOptions["log"];
  const write = ({ cert, key }: { readonly cert?: string; readonly key?: string }): void => {
    if (cert !== undefined) writeFileSync(paths.tlsCert, cert);
    if (key !== undefined) writeFileSync(paths.tlsKey, key);
  };
  write(TEST_CERTIFICATE);
  const files = new TlsFiles({ paths, pair: TEST_CERTIFICATE, log, lookMs: 0 });
  const shown: string[] = [];
  const following = files.follow(({ cert }) => void shown.push(cert));
  return { files, paths, said, shown, write, following };
}

test("a certificate that is renewed is shown, once both of its files are there", () => {
  using root = makeTemporaryDirectory("memory");
  const { files, said, shown, write, following } = openFiles(root.path);
  files.look();
  write({ cert: OTHER_CERTIFICATE.cert });
  files.look();
  expect([said, shown]).toEqual([[], []]);
  write({ key: OTHER_CERTIFICATE.key });
  files.look();
  files.look();
  expect(shown).toEqual([OTHER_CERTIFICATE.cert]);
  expect(files.pair).toEqual(OTHER_CERTIFICATE);
  expect(said).toMatchObject([
    { event: "tls.renewed", notAfter: expect.stringMatching(/^2\d{3}-/) },
  ]);
  following[Symbol.dispose]();
  write(TEST_CERTIFICATE);
  files.look();
  expect(shown).toHaveLength(1);
});

test("a pipe, which gives its certificate once, is not waited for again", async () => {
  using root = makeTemporaryDirectory("memory");
  const { paths } = openFiles(root.path);
  const pipe = join(root.path, "pipe");
  execFileSync("mkfifo", [pipe]);
  const looks = { pipe: 0, files: 0 };
  const log = { info: () => undefined, warn: () => undefined };
  const options = { pair: TEST_CERTIFICATE, log, lookMs: 1 };
  using piped = new TlsFiles({ ...options, paths: { ...paths, tlsKey: pipe } });
  using filed = new TlsFiles({ ...options, paths });
  // Who opened a pipe that nobody writes to would never come back.
  piped.look = () => void looks.pipe++;
  filed.look = () => void looks.files++;
  while (looks.files < 3) await sleep(1);
  expect(looks.pipe).toBe(0);
});

test("one that cannot be used leaves the one before, and is told of once", () => {
  using root = makeTemporaryDirectory("memory");
  const { files, paths, said, shown, write } = openFiles(root.path);
  const lookOften = (): void => {
    for (let look = 0; look < 5; look++) files.look();
  };
  write({ cert: OTHER_CERTIFICATE.cert });
  lookOften();
  write({ cert: "" });
  lookOften();
  rmSync(paths.tlsKey);
  write({ cert: TEST_CERTIFICATE.cert });
  lookOften();
  expect(said.map(({ event }) => event)).toEqual(Array(3).fill("tls.not-renewed"));
  expect(said.map(({ problem }) => problem)).toEqual([
    expect.stringContaining("--tls-key is not the key"),
    expect.stringContaining("--tls-cert holds no PEM"),
    expect.stringContaining("cannot be read: ENOENT"),
  ]);
  expect([files.pair, shown]).toEqual([TEST_CERTIFICATE, []]);
  write(OTHER_CERTIFICATE);
  files.look();
  expect(shown).toEqual([OTHER_CERTIFICATE.cert]);
});

test("one whose time is over, or has not come, takes no place of one that holds", () => {
  using root = makeTemporaryDirectory("memory");
  const { files, said, shown, write } = openFiles(root.path);
  write(ENDED_CERTIFICATE);
  files.look();
  files.look();
  expect(said).toMatchObject([
    { event: "tls.not-renewed", problem: expect.stringMatching(/2001/) },
  ]);
  expect(shown).toEqual([]);
});
