import {
  type AccountIndex,
  type AssetIndex,
  commandBytes,
  CommandKind,
  encodeCommands,
} from "@rialto/protocol";
import type { SignerCard } from "../cluster/genesis.ts";
import { EntrySigner } from "./entry-signer.ts";

/** So many frames of so many bytes are more than two of the smallest segments. */
const FRAMES = 38;
const FRAME_BYTES = 60_000;

/** An operator whose deposits fill some segments of every member's journal. */
export class JournalFiller {
  readonly #signer = new EntrySigner(0);

  /** For the genesis, as its first signer. */
  get card(): SignerCard {
    return this.#signer.card;
  }

  /** Gives a cluster as many frames through an entry port. Resolves when all are answered. */
  async fill(genesisPath: string, entryPort: number): Promise<void> {
    const frames = Array.from({ length: FRAMES }, (_, frame) => deposits(frame));
    await this.#signer.send(genesisPath, entryPort, frames);
  }
}

function deposits(frame: number): Uint8Array {
  const size = commandBytes(CommandKind.Deposit);
  const deposit = { account: 1 as AccountIndex, asset: 0 as AssetIndex, quanta: 1n };
  const command = { kind: CommandKind.Deposit, ...deposit, reference: BigInt(frame) } as const;
  return encodeCommands(Array.from({ length: Math.floor(FRAME_BYTES / size) }, () => command));
}
