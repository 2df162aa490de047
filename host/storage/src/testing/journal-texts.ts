import { createHash } from "node:crypto";
import type { JournalReader, JournalRecord } from "../journal.ts";
import { isStorageFault, type StorageFaultDetail } from "../storage-fault.ts";

/** All records from `fromSequence` on. */
export async function readAll(
  journal: Pick<JournalReader, "read">,
  fromSequence = 1,
): Promise<JournalRecord[]> {
  const records: JournalRecord[] = [];
  for await (const record of journal.read(fromSequence)) records.push(record);
  return records;
}

/** One line per record, for comparing in one assertion with `textsOfPayloads`. */
export function textsOf(records: readonly JournalRecord[]): string[] {
  return records.map(({ sequence, payload }) => textOf(sequence, payload));
}

/** The lines of records with these payloads, from `fromSequence` on. */
export function textsOfPayloads(payloads: readonly Uint8Array[], fromSequence = 1): string[] {
  return payloads.map((payload, index) => textOf(fromSequence + index, payload));
}

/** The detail of the fault that `promise` rejects with. Anything else fails the test. */
export async function faultOf(promise: Promise<unknown>): Promise<StorageFaultDetail> {
  try {
    await promise;
  } catch (error) {
    if (isStorageFault(error)) return error.detail;
    throw error;
  }
  throw new Error("expected a storage fault, but it resolved");
}

function textOf(sequence: number, payload: Uint8Array): string {
  const digest = createHash("sha256").update(payload).digest("hex").slice(0, 16);
  return `${sequence}: ${payload.length} bytes ${digest}`;
}
