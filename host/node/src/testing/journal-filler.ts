import { encodeHex, Fault, viewOf } from "@rialto/base";
import {
  type AccountIndex,
  type AssetIndex,
  commandBytes,
  CommandKind,
  encodeCommand,
} from "@rialto/protocol";
import { encodeSignedFrame } from "@rialto/replica";
import { SecretSeed, selectBackend } from "@rialto/signing";
import { EntryClient } from "../cluster-bench/entry-client.ts";
import { loadGenesis, sha256, type SignerCard } from "../cluster/genesis.ts";

/** So many frames of so many bytes are more than two of the smallest segments. */
const FRAMES = 38;
const FRAME_BYTES = 60_000;
const LIFETIME_MS = 30_000;

/** An operator whose deposits fill some segments of every member's journal. */
export class JournalFiller {
  readonly #signer = selectBackend("ed25519").createSigner(SecretSeed.random());

  /** For the genesis, as its first signer. */
  get card(): SignerCard {
    return { publicKey: encodeHex(this.#signer.publicKey), account: 0 };
  }

  /** Gives a cluster as many frames through an entry port. Resolves when all are answered. */
  async fill(genesisPath: string, entryPort: number): Promise<void> {
    const genesis = loadGenesis(genesisPath);
    if (genesis instanceof Fault) throw genesis;
    const { client } = await EntryClient.open(entryPort, () => undefined);
    for (let frame = 0; frame < FRAMES; frame++) {
      const nonce = new Uint8Array(16);
      nonce[0] = frame;
      const expiresMs = Date.now() + LIFETIME_MS;
      const commands = deposits(frame);
      const signed = encodeSignedFrame(
        { expiresMs, nonce, signer: 0, commands },
        genesis.committee.chainId,
        sha256,
        (message) => this.#signer.sign(message),
      );
      await new Promise<void>((resolve) => client.submit(signed, () => resolve()));
    }
    client.close();
  }
}

function deposits(frame: number): Uint8Array {
  const size = commandBytes(CommandKind.Deposit);
  const commands = new Uint8Array(Math.floor(FRAME_BYTES / size) * size);
  for (let at = 0; at < commands.length;) {
    const deposit = { account: 1 as AccountIndex, asset: 0 as AssetIndex, quanta: 1n };
    const command = { kind: CommandKind.Deposit, ...deposit, reference: BigInt(frame) } as const;
    at = encodeCommand(viewOf(commands), at, command);
  }
  return commands;
}
