import { fail, viewOf } from "@rialto/base";
import { type Frame, FRAME_HEAD_BYTES } from "@rialto/consensus";
import type { Executor } from "@rialto/replica";
import { sha256 } from "./keys.ts";

export const LEDGER_ACCOUNTS = 16;
const OPENING = 1_000;
const LEDGER_BYTES: number = LEDGER_ACCOUNTS * 4 + 4;

// A frame's body:  id u32 | source u8 | target u8 | amount u16

/** Encodes a transfer as a frame that may execute before `expiresMs`. */
export function encodeTransfer(transfer: {
  readonly id: number;
  readonly source: number;
  readonly target: number;
  readonly amount: number;
  readonly expiresMs: number;
}): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEAD_BYTES + 8);
  const view = viewOf(bytes);
  view.setBigUint64(0, BigInt(transfer.expiresMs), true);
  view.setUint32(8, transfer.id, true);
  view.setUint8(12, transfer.source);
  view.setUint8(13, transfer.target);
  view.setUint16(14, transfer.amount, true);
  return bytes;
}

/**
 * A bank of sixteen accounts: the smallest machine for which the order of commands matters, since a transfer that
 * is not covered is refused.
 */
export class Ledger implements Executor {
  readonly #balances: Int32Array = new Int32Array(LEDGER_ACCOUNTS).fill(OPENING);
  readonly #seen = new Set<string>();
  #count = 0;

  /** The state as bytes: balances, then how many frames were executed. */
  snapshot(): Uint8Array {
    const bytes = new Uint8Array(LEDGER_BYTES);
    const view = viewOf(bytes);
    this.#balances.forEach((balance, account) => view.setInt32(account * 4, balance, true));
    view.setUint32(LEDGER_ACCOUNTS * 4, this.#count, true);
    return bytes;
  }

  /** A ledger that stands where another one stood. */
  static restore(bytes: Uint8Array): Ledger {
    const ledger = new Ledger();
    const view = viewOf(bytes);
    for (let account = 0; account < LEDGER_ACCOUNTS; account++) {
      ledger.#balances[account] = view.getInt32(account * 4, true);
    }
    ledger.#count = view.getUint32(LEDGER_ACCOUNTS * 4, true);
    return ledger;
  }

  execute(frame: Frame, commitMs: number): Uint8Array {
    // The promise of consensus, checked by the machine itself.
    if (this.#seen.has(frame.key)) fail("no frame executes twice");
    this.#seen.add(frame.key);
    const events = new Uint8Array(13);
    const view = viewOf(events);
    this.#count++;
    view.setUint32(0, this.#count, true);
    view.setBigUint64(4, BigInt(commitMs), true);
    if (frame.bytes.length !== FRAME_HEAD_BYTES + 8) return events;
    const body = viewOf(frame.bytes);
    const source = body.getUint8(12) % LEDGER_ACCOUNTS;
    const target = body.getUint8(13) % LEDGER_ACCOUNTS;
    const amount = body.getUint16(14, true);
    if (this.#balances[source]! < amount) return events;
    this.#balances[source]! -= amount;
    this.#balances[target]! += amount;
    events[12] = 1;
    return events;
  }

  stateRoot(): Uint8Array {
    let total = 0;
    for (const balance of this.#balances) {
      if (balance < 0) fail("no balance is negative");
      total += balance;
    }
    if (total !== OPENING * LEDGER_ACCOUNTS) fail("no money is made or lost");
    return sha256(this.snapshot());
  }
}
