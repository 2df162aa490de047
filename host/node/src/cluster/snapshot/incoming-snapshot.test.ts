import { equalBytes } from "@rialto/base";
import {
  type CertifiedManifest,
  CHUNK_BYTES,
  computeManifestDigest,
  encodeManifest,
} from "@rialto/replica";
import { mountSmallDisk } from "@rialto/storage/testing";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import { testContent, testManifest } from "../../testing/snapshot-content.ts";
import { sha256 } from "../../sha256.ts";
import { IncomingSnapshot } from "./incoming-snapshot.ts";

const PROGRAM = join(import.meta.dirname, "../../testing/store-until-killed.ts");

const content = testContent();
const manifest = testManifest(content);
const whole: CertifiedManifest = {
  manifest,
  certificate: { checkpoint: manifest.checkpoint, signatures: [], quantumSignatures: [] },
  digest: computeManifestDigest(encodeManifest(manifest), sha256),
};

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rialto-incoming-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function expectWhole(incoming: IncomingSnapshot): Promise<void> {
  let index = 0;
  for await (const chunk of incoming.chunks(whole)) {
    expect(equalBytes(chunk, content.chunk(index))).toBe(true);
    index++;
  }
  expect(index).toBe(manifest.chunks.length);
}

test("what had come in when the process was killed is found again, and only the rest is wanted", async () => {
  const child = spawn(process.execPath, [PROGRAM, directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const told: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    told.push(Number(line));
    if (told.length === 15) break;
  }
  child.kill("SIGKILL");
  await once(child, "exit");
  const incoming = new IncomingSnapshot(directory);
  const held = await incoming.begin(manifest);
  // All that was said to be kept is, and what is zeros needs no coming.
  for (const index of told) expect(held[index]).toBe(true);
  held.forEach((isHeld, index) => expect(isHeld || index % 3 !== 2).toBe(true));
  expect(held.filter((isHeld) => !isHeld).length).toBeGreaterThan(0);
  for (const [index, isHeld] of held.entries()) {
    if (!isHeld) await incoming.store(index, content.chunk(index));
  }
  await expectWhole(incoming);
  await incoming.close();
});

test("a chunk that the disk has changed since is wanted again, and never handed on", async () => {
  const incoming = new IncomingSnapshot(directory);
  await incoming.begin(manifest);
  for (let index = 0; index < manifest.chunks.length; index++) {
    await incoming.store(index, content.chunk(index));
  }
  const path = join(directory, "content");
  const bytes = readFileSync(path);
  bytes[bytes.length - 2_000]! ^= 1;
  writeFileSync(path, bytes);
  await expect(expectWhole(incoming)).rejects.toMatchObject({ detail: { code: "SNAPSHOT_LOST" } });
  const held = await incoming.begin(manifest);
  expect(held.flatMap((isHeld, index) => (isHeld ? [] : [index]))).toEqual([39]);
  await incoming.store(39, content.chunk(39));
  await expectWhole(incoming);
  await incoming.remove();
});

test("which one was begun is known after a restart, until it has been installed", async () => {
  const incoming = new IncomingSnapshot(directory);
  expect(incoming.begun).toBeUndefined();
  incoming.noteBegun(sha256(Uint8Array.of(1)));
  incoming.noteBegun(whole.digest);
  const restarted = new IncomingSnapshot(directory);
  expect(restarted.begun).toEqual(whole.digest);
  await restarted.begin(manifest);
  await restarted.remove();
  expect(new IncomingSnapshot(directory).begun).toBeUndefined();
});

test("a chunk of which a disk that fills up takes a part is not kept, and the disk is full and not damaged", async (context) => {
  using disk = mountSmallDisk(16 * CHUNK_BYTES);
  if (disk === undefined) return context.skip("this process may not mount");
  await using closing = new AsyncDisposableStack();
  const incoming = new IncomingSnapshot(disk.path);
  closing.defer(() => incoming.close());
  await incoming.begin(manifest);
  disk.leaveFree(CHUNK_BYTES / 2);
  await expect(incoming.store(0, content.chunk(0))).rejects.toThrow("ENOSPC");
});
