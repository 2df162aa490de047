import { encodeHex, fail, Fault } from "@rialto/base";
import { type Block, parseBlock } from "@rialto/consensus";
import { isBlockRecord } from "@rialto/replica";
import { openFileJournalReader } from "@rialto/storage";
import { loadGenesis } from "../cluster/genesis.ts";
import { memberPaths } from "../cluster/member-directory.ts";
import { dataDirectory } from "../data-directory.ts";
import { sha256 } from "../sha256.ts";

/** The blocks that a member has accepted in its first epoch, from the journal of one that is down: by digest, in hexadecimal. */
export async function readJournaledBlocks(path: string): Promise<ReadonlyMap<string, Block>> {
  const genesis = loadGenesis(memberPaths(path).genesis);
  if (genesis instanceof Fault) throw genesis;
  const { journal: directory } = dataDirectory(path);
  const networkHash = genesis.committee.chainId;
  await using journal = await openFileJournalReader({ directory, networkHash });
  const blocks = new Map<string, Block>();
  for await (const { payload } of journal.read(1)) {
    if (!isBlockRecord(payload)) break;
    const block = parseBlock(payload.slice(1), sha256);
    if (block instanceof Fault) throw block;
    blocks.set(encodeHex(block.digest), block);
  }
  return blocks;
}

/** The digests of blocks and of all that they stand on, each once. */
export function historyOf(
  digests: Iterable<string>,
  blocks: ReadonlyMap<string, Block>,
): ReadonlySet<string> {
  const history = new Set(digests);
  // What is added meanwhile is gone through too.
  for (const digest of history) {
    const { strong, weak } = blocks.get(digest) ?? fail("a block comes after what it stands on");
    for (const parent of [...strong, ...weak]) {
      // Those of round 0 nobody has made.
      if (parent.round > 0) history.add(encodeHex(parent.digest));
    }
  }
  return history;
}
