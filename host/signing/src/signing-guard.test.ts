import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createPrng } from "@rialto/base";
import { hookFiles, systemFault } from "@rialto/storage/testing/hooked-files";
import { makeTemporaryDirectory } from "@rialto/storage/testing/temporary-directory";
import { expect, test } from "vitest";
import {
  encodeGuardSector,
  GUARD_FILE_BYTES,
  GUARD_SECTOR_BYTES,
  parseGuardSector,
} from "./guard-layout.ts";
import { selectBackend } from "./scheme-backend.ts";
import { SecretSeed } from "./secret-seed.ts";
import { createSigningGuard, openSigningGuard } from "./signing-guard.ts";
import { faultOf } from "./testing/fault-of.ts";
import { GUARD_SCOPE as scope, markAt } from "./testing/guard-marks.ts";

test("a place is signed once: earlier ones and another content are refused, the same again is not", async () => {
  using directory = makeTemporaryDirectory("memory");
  const path = join(directory.path, "guard");
  await createSigningGuard({ path, scope });
  await using guard = await openSigningGuard({ path, scope });
  await guard.reserve(markAt(1, 5));
  await guard.reserve(markAt(1, 5));
  const refused = [markAt(1, 5, 9), markAt(1, 4), markAt(0, 900), markAt(1, 0)];
  for (const mark of refused) {
    expect(await faultOf(guard.reserve(mark))).toEqual({
      code: "GUARD_CONFLICT",
      epoch: mark.epoch,
      round: mark.round,
      signedEpoch: 1,
      signedRound: 5,
    });
  }
  await guard.reserve(markAt(1, 6));
  await guard.reserve(markAt(2, 1));
  expect(guard.last).toEqual(markAt(2, 1));
});

test("what was signed is known after a restart", async () => {
  using directory = makeTemporaryDirectory("memory");
  const path = join(directory.path, "guard");
  await createSigningGuard({ path, scope });
  for (let round = 1; round <= 7; round++) {
    await using guard = await openSigningGuard({ path, scope });
    expect(guard.isAmnesiac).toBe(false);
    expect(guard.last?.round).toBe(round - 1);
    await guard.reserve(markAt(0, round));
  }
  expect(await faultOf(createSigningGuard({ path, scope }))).toMatchObject({
    code: "GUARD_EXISTS",
  });
});

test("reservations at once: of two contents for one round exactly one is granted", async () => {
  using directory = makeTemporaryDirectory("memory");
  const path = join(directory.path, "guard");
  await createSigningGuard({ path, scope });
  await using guard = await openSigningGuard({ path, scope });
  const attempts = Array.from({ length: 20 }, (_, index) =>
    guard.reserve(markAt(0, 1 + (index >> 1), index)),
  );
  const outcomes = await Promise.allSettled(attempts);
  const granted = outcomes.map(({ status }) => status === "fulfilled");
  expect(granted).toEqual(Array.from({ length: 20 }, (_, index) => index % 2 === 0));
});

test("a signature is released only once the guard is durable", async () => {
  using directory = makeTemporaryDirectory("memory");
  const path = join(directory.path, "guard");
  await createSigningGuard({ path, scope });
  let writeCount = 0;
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const files = hookFiles(async ({ operation }) => {
    if (operation === "write" && ++writeCount > 1) await held;
  });
  await using guard = await openSigningGuard({ path, scope, files });
  const backend = selectBackend("ed25519");
  const signer = backend.createSigner(new SecretSeed(new Uint8Array(32).fill(1)));
  let signature: Uint8Array | undefined;
  const message = Uint8Array.of(1, 2, 3);
  const signing = guard.reserve(markAt(0, 1)).then(() => {
    signature = signer.sign(message);
    return signature;
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(signature).toBe(undefined);
  release();
  expect(backend.verify(signer.publicKey, message, await signing)).toBe(true);
});

test("a failed write is final: nothing more is signed, and nothing is tried again", async () => {
  using directory = makeTemporaryDirectory("memory");
  const path = join(directory.path, "guard");
  await createSigningGuard({ path, scope });
  let writeCount = 0;
  const files = hookFiles((call) => {
    if (call.operation === "write" && ++writeCount === 3) throw systemFault(call, "EIO");
  });
  await using guard = await openSigningGuard({ path, scope, files });
  await guard.reserve(markAt(0, 1));
  const both = [guard.reserve(markAt(0, 2)), guard.reserve(markAt(0, 3))];
  for (const { status, ...rest } of await Promise.allSettled(both)) {
    expect(status).toBe("rejected");
    expect(rest).toMatchObject({ reason: { severity: "fatal", detail: { code: "STORAGE_IO" } } });
  }
  expect(await faultOf(guard.reserve(markAt(0, 2)))).toEqual({ code: "GUARD_FAILED", path });
  expect(writeCount).toBe(3);
});

test("the guard of another member or of another release is refused", async () => {
  using directory = makeTemporaryDirectory("memory");
  const path = join(directory.path, "guard");
  await createSigningGuard({ path, scope });
  const other = new Uint8Array(32).fill(9);
  expect(await faultOf(openSigningGuard({ path, scope: other }))).toEqual({
    code: "GUARD_FOREIGN",
    path,
  });
});

test("a missing guard is amnesia, not a beginning; the others' answers end it, durably", async () => {
  using directory = makeTemporaryDirectory("memory");
  const path = join(directory.path, "guard");
  {
    await using guard = await openSigningGuard({ path, scope });
    expect(guard.amnesiaReason).toBe("the file is missing");
    expect(await faultOf(guard.reserve(markAt(0, 50)))).toMatchObject({ code: "GUARD_AMNESIA" });
    await guard.resume(0, 45);
    expect(await faultOf(guard.reserve(markAt(0, 44)))).toMatchObject({ code: "GUARD_CONFLICT" });
  }
  await using guard = await openSigningGuard({ path, scope });
  expect(guard.isAmnesiac).toBe(false);
  expect(await faultOf(guard.reserve(markAt(0, 44)))).toMatchObject({ code: "GUARD_CONFLICT" });
  await guard.reserve(markAt(0, 45));
});

test("amnesia that finds no room to end in ends when there is some, and no file is closed twice", async () => {
  using directory = makeTemporaryDirectory("memory");
  const path = join(directory.path, "guard");
  await createSigningGuard({ path, scope });
  writeFileSync(path, new Uint8Array(GUARD_FILE_BYTES));
  let isFull = true;
  const files = hookFiles((call) => {
    if (isFull && call.access === "create") throw systemFault(call, "ENOSPC");
  });
  const full = await openSigningGuard({ path, scope, files });
  await expect(full.resume(1, 8)).rejects.toMatchObject({ detail: { errorCode: "ENOSPC" } });
  // The number of a closed file may be another one's by now.
  await full.close();
  const guard = await openSigningGuard({ path, scope, files });
  await expect(guard.resume(1, 8)).rejects.toMatchObject({ detail: { errorCode: "ENOSPC" } });
  isFull = false;
  await guard.resume(1, 8);
  await guard.reserve(markAt(1, 8));
  await guard.close();
});

test("amnesia never ends below what is known", async () => {
  using directory = makeTemporaryDirectory("memory");
  const path = join(directory.path, "guard");
  await createSigningGuard({ path, scope });
  {
    await using guard = await openSigningGuard({ path, scope });
    await guard.reserve(markAt(0, 30));
    await guard.reserve(markAt(0, 31));
  }
  const bytes = readFileSync(path);
  bytes.fill(1, GUARD_SECTOR_BYTES, GUARD_SECTOR_BYTES + 40);
  writeFileSync(path, bytes);
  await using guard = await openSigningGuard({ path, scope });
  expect(guard.amnesiaReason).toBe("sector 1 is damaged");
  expect(guard.last?.round).toBe(30);
  expect(await faultOf(guard.resume(0, 30))).toMatchObject({ code: "GUARD_CONFLICT" });
  await guard.resume(0, 34);
  await guard.reserve(markAt(0, 34));
});

test("5,000 damaged guards: known only where nothing was lost, else amnesia that can be ended", async () => {
  using directory = makeTemporaryDirectory("memory");
  const path = join(directory.path, "guard");
  await createSigningGuard({ path, scope });
  const history: Buffer[] = [];
  for (let round = 1; round <= 4; round++) {
    await using guard = await openSigningGuard({ path, scope });
    await guard.reserve(markAt(0, round));
    history.push(readFileSync(path));
  }
  const prng = createPrng(31);
  const counts = { known: 0, amnesiac: 0 };
  for (let attempt = 0; attempt < 5_000; attempt++) {
    const image = damageGuard(history, prng);
    writeFileSync(path, image);
    const isWhole = image.equals(history.at(-1)!);
    await using guard = await openSigningGuard({ path, scope });
    expect(guard.isAmnesiac).toBe(!isWhole);
    counts[guard.isAmnesiac ? "amnesiac" : "known"]++;
    if (attempt % 50 !== 0 || !guard.isAmnesiac) continue;
    await guard.resume(0, 8);
    await guard.close();
    await using again = await openSigningGuard({ path, scope });
    expect(again.isAmnesiac).toBe(false);
    await again.reserve(markAt(0, 8));
  }
  expect(counts.amnesiac).toBeGreaterThan(3_000);
});

/** Flipped bits, lost writes, cut or grown files, zeroed parts, sectors of the wrong place. */
function damageGuard(history: readonly Buffer[], prng: ReturnType<typeof createPrng>): Buffer {
  const image = Buffer.from(history.at(-1)!);
  const sector = prng.below(2) * GUARD_SECTOR_BYTES;
  switch (prng.below(6)) {
    case 0:
      image[prng.below(GUARD_FILE_BYTES)]! ^= 1 << prng.below(8);
      return image;
    case 1:
      return image.subarray(0, prng.below(GUARD_FILE_BYTES));
    case 2:
      return Buffer.concat([image, Buffer.alloc(1 + prng.below(9))]);
    case 3:
      // The newest write of one sector is lost: there is the one of two writes before.
      history.at(-3)!.copy(image, 0, 0, GUARD_SECTOR_BYTES);
      return image;
    case 4:
      return Buffer.from(image.fill(prng.below(256), sector, sector + 1 + prng.below(200)));
    default:
      image.copy(image, GUARD_SECTOR_BYTES - sector, sector, sector + GUARD_SECTOR_BYTES);
      return image;
  }
}

test("a sector is laid out as it is drawn", () => {
  const bytes = Buffer.from(encodeGuardSector({ number: 7, scope, mark: markAt(3, 8) }));
  expect(bytes.length).toBe(GUARD_SECTOR_BYTES);
  expect(bytes.toString("latin1", 0, 4)).toBe("RIGD");
  expect(bytes.readUInt32LE(4)).toBe(1);
  expect([8, 48, 56].map((at) => Number(bytes.readBigUInt64LE(at)))).toEqual([7, 3, 8]);
  expect(bytes.subarray(16, 48).equals(scope)).toBe(true);
  expect(bytes.subarray(64, 96).equals(markAt(3, 8).digest)).toBe(true);
  expect(bytes.subarray(128).every((byte) => byte === 0)).toBe(true);
});

test("a sector is parsed only as it was written: 20,000 random and mutated ones", () => {
  const prng = createPrng(2);
  const record = { number: 7, scope, mark: markAt(3, 8) };
  const whole = encodeGuardSector(record);
  expect(parseGuardSector(whole)).toEqual(record);
  for (let round = 0; round < 20_000; round++) {
    const bytes = whole.slice();
    const begin = prng.below(140);
    for (let at = begin; at < begin + 1 + prng.below(12); at++) bytes[at] = prng.below(256);
    const isSame = Buffer.compare(bytes, whole) === 0;
    expect(parseGuardSector(bytes) !== undefined).toBe(isSame);
  }
});
