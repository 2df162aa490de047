import { encodeHex, Fault } from "@rialto/base";
import {
  createKeyFile,
  readKeyFile,
  type KeyScheme,
  selectBackend,
  type Signer,
} from "@rialto/signing";
import { existsSync } from "node:fs";
import { type Genesis, loadGenesis, makeGenesis } from "../cluster/genesis.ts";
import { memberPaths, openQuantumSigner } from "../cluster/member-directory.ts";
import { writeWhole } from "../write-whole.ts";
import type { Network } from "../config/network-file.ts";

/** A node alone as the one member of its committee. */
export interface SoloMember {
  readonly genesis: Genesis;
  readonly signer: Signer;
  readonly quantumSigner: Signer | undefined;
}

/** It has no links: nobody uses what stands here. */
const NO_LINKS = { linkKey: "0".repeat(64), address: "tcp://127.0.0.1:0" };

/**
 * Reads the keys and the genesis file of a node alone, which are made at its first start.
 *
 * Errors   those of `readKeyFile` and `loadGenesis`, thrown; SOLO_GENESIS_OTHER, thrown.
 */
export function openSoloMember(directory: string, network: Network): SoloMember {
  const paths = memberPaths(directory);
  const signing = openKey(paths.signingKey, "ed25519");
  if (!existsSync(paths.genesis)) {
    const quantum = openKey(paths.quantumKey, "ml-dsa-65");
    const publicKey = encodeHex(signing.publicKey);
    const quantumKey = encodeHex(quantum.publicKey);
    const file = makeGenesis({
      network: network.config,
      profile: "solo",
      voteThreshold: 0.65,
      members: [{ publicKey, quantumKey, ...NO_LINKS, weight: 1 }],
    });
    writeWhole(paths.genesis, Buffer.from(`${JSON.stringify(file, undefined, 2)}\n`));
  }
  const genesis = loadGenesis(paths.genesis);
  if (genesis instanceof Fault) throw genesis;
  checkOwn(genesis, network, encodeHex(signing.publicKey), paths.genesis);
  return {
    genesis,
    signer: selectBackend("ed25519").createSigner(signing.seed),
    quantumSigner: openQuantumSigner(paths, genesis.file.members[0]!.quantumKey, 0),
  };
}

function openKey(path: string, scheme: KeyScheme): ReturnType<typeof readKeyFile> {
  return existsSync(path) ? readKeyFile(path) : createKeyFile(path, scheme);
}

export type SoloMemberFaultDetail = { readonly code: "SOLO_GENESIS_OTHER"; readonly path: string };

function checkOwn({ file, network }: Genesis, own: Network, publicKey: string, path: string): void {
  const isOwn =
    file.members.length === 1 &&
    file.members[0]!.publicKey === publicKey &&
    encodeHex(network.hash) === encodeHex(own.hash);
  if (isOwn) return;
  const message = `${path} is of another network or another node: move it away, and a new one is made`;
  throw new Fault<SoloMemberFaultDetail>({ code: "SOLO_GENESIS_OTHER", path }, "fatal", message);
}
