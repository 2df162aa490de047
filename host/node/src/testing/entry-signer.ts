import { encodeHex, Fault, viewOf } from "@rialto/base";
import { encodeSignedFrame } from "@rialto/replica";
import { SecretSeed, selectBackend } from "@rialto/signing";
import { type EntryAnswer, EntryFlag } from "@rialto/gateway";
import { EntryClient } from "../cluster-bench/entry-client.ts";
import { loadGenesis, type SignerCard } from "../cluster/genesis.ts";
import { sha256 } from "../sha256.ts";

const LIFETIME_MS = 30_000;
const NONCE_BYTES = 16;

/** The one signer of a genesis, who sends frames through members' entry ports. */
export class EntrySigner {
  /** For the genesis. */
  readonly card: SignerCard;
  readonly #signer = selectBackend("ed25519").createSigner(SecretSeed.random());
  #frames = 0;

  /** `account` is what it may command; 0 for all, as an operator. */
  constructor(account: number) {
    this.card = { publicKey: encodeHex(this.#signer.publicKey), account };
  }

  /** Sends frames of these commands, one after the other. Returns their answers; undefined where the member has ended. */
  async send(
    genesisPath: string,
    entryPort: number,
    frames: readonly Uint8Array[],
  ): Promise<(EntryAnswer | undefined)[]> {
    const genesis = loadGenesis(genesisPath);
    if (genesis instanceof Fault) throw genesis;
    const { client } = await EntryClient.open(entryPort, () => undefined);
    const answers: (EntryAnswer | undefined)[] = [];
    for (const commands of frames) {
      const nonce = new Uint8Array(NONCE_BYTES);
      viewOf(nonce).setUint32(0, this.#frames++);
      const signed = encodeSignedFrame(
        { expiresMs: Date.now() + LIFETIME_MS, nonce, signer: 0, commands },
        genesis.committee.chainId,
        sha256,
        (message) => this.#signer.sign(message),
      );
      answers.push(
        await new Promise((resolve) => client.submit(signed, resolve, EntryFlag.Events)),
      );
    }
    client.close();
    return answers;
  }
}
