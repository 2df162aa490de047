import { encodeHex, Fault } from "@rialto/base";
import {
  createKeyFile,
  readKeyFile,
  type KeyScheme,
  selectBackend,
  type Signer,
} from "@rialto/signing";
import type { Journal } from "@rialto/storage";
import { existsSync } from "node:fs";
import { type Genesis, loadGenesis, makeGenesis } from "../cluster/genesis.ts";
import { type MemberPaths, memberPaths, openQuantumSigner } from "../cluster/member-directory.ts";
import { type DataDirectory, filesMissing, holdsSomething } from "../data-directory.ts";
import { writeWhole } from "../write-whole.ts";
import type { Network } from "../config/network-file.ts";

/** A node alone as the one member of its committee. */
export interface SoloMember {
  readonly genesis: Genesis;
  readonly signer: Signer;
  readonly quantumSigner: Signer | undefined;
  /** The genesis has just been made. */
  readonly isNew: boolean;
}

/** It has no links: nobody uses what stands here. */
const NO_LINKS = { linkKey: "0".repeat(64), address: "tcp://127.0.0.1:0" };

/**
 * Reads the keys and the genesis file of a node alone, which are made when it first certifies something.
 *
 * Errors   those of `readKeyFile` and `loadGenesis`, thrown; DATA_FILES_MISSING, SOLO_GENESIS_OTHER, thrown.
 */
export function openSoloMember(
  { path, proofs }: Pick<DataDirectory, "path" | "proofs">,
  network: Network,
  journal: Pick<Journal, "lastSequence">,
): SoloMember {
  const paths = memberPaths(path);
  // A first start that was cut short may have made some of them.
  if (journal.lastSequence > 0) checkWhole(paths, proofs);
  const signing = openKey(paths.signingKey, "ed25519");
  const isNew = !existsSync(paths.genesis);
  if (isNew) {
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
  checkOwn(genesis, network, encodeHex(signing.publicKey), paths);
  return {
    genesis,
    signer: selectBackend("ed25519").createSigner(signing.seed),
    quantumSigner: openQuantumSigner(paths, genesis.file.members[0]!.quantumKey, 0),
    isNew,
  };
}

/** With another key or genesis, all that was certified would be worth nothing, to those too who hold proofs of it. */
function checkWhole({ signingKey, quantumKey, genesis }: MemberPaths, proofs: string): void {
  const own = [signingKey, quantumKey, genesis];
  const missing = own.filter((path) => !holdsSomething(path));
  const proofFiles = ["", "-wal", "-shm"].map((suffix) => proofs + suffix);
  const left = [...own, ...proofFiles].filter((path) => existsSync(path));
  if (missing.length === 0 || left.length === 0) return;
  throw filesMissing(
    missing,
    "what this node has certified rests on it. Put it back from a backup; where there is none, or where the start that was to make it was " +
      `cut short, move away ${left.join(", ")}: the node begins as another signer then, whose genesis verifies no proof from before`,
  );
}

function openKey(path: string, scheme: KeyScheme): ReturnType<typeof readKeyFile> {
  return existsSync(path) ? readKeyFile(path) : createKeyFile(path, scheme);
}

export type SoloMemberFaultDetail = { readonly code: "SOLO_GENESIS_OTHER"; readonly path: string };

function checkOwn(
  { file, network }: Genesis,
  own: Network,
  publicKey: string,
  paths: MemberPaths,
): void {
  const isOwn =
    file.members.length === 1 &&
    file.members[0]!.publicKey === publicKey &&
    encodeHex(network.hash) === encodeHex(own.hash);
  if (isOwn) return;
  const { genesis: path, signingKey: key } = paths;
  const message = `${path} is of another network, or of another key than ${key}: put back what belongs together, from one backup`;
  throw new Fault<SoloMemberFaultDetail>({ code: "SOLO_GENESIS_OTHER", path }, "fatal", message);
}
