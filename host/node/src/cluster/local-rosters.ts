import { Fault } from "@rialto/base";
import type { Epoch } from "@rialto/replica";
import { existsSync, readFileSync, statSync } from "node:fs";
import { type KnownEpochs, loadKnownEpochs } from "./epoch-file.ts";
import { type Genesis, loadGenesis } from "./genesis.ts";
import type { LocalNode } from "./local-cluster.ts";
import { memberPaths } from "./member-directory.ts";
import { writeWhole } from "../write-whole.ts";

// Who the members of a cluster on this machine are: what its nodes have on their disks says it, checked from the genesis on, and
// no note of whoever asked for a change. Such a change may come true hours after it was given up, or another one in its place.

/** A file as it was read, to be read again only when it is another. */
interface ReadEpochs {
  readonly stamp: string;
  readonly known: KnownEpochs | Fault<{ readonly code: string }>;
}

export class LocalRosters {
  #genesis: { readonly path: string; readonly genesis: Genesis } | undefined;
  readonly #read = new Map<string, ReadEpochs>();

  /** The newest epoch that any of the nodes has on its disk; undefined where none has a genesis that can be read. */
  newest(nodes: readonly LocalNode[]): Epoch | undefined {
    return this.#newestFile(nodes)?.epoch;
  }

  /**
   * Gives a node what its member begins with, if it was never given: of a change that came true after it was given up.
   *
   * Effects  `epochs.json`, then `genesis.json`, with which the node is whole.
   * Errors   what the system says, thrown.
   */
  equip({ directory }: LocalNode, nodes: readonly LocalNode[]): void {
    const paths = memberPaths(directory);
    if (existsSync(paths.genesis)) return;
    const newest = this.#newestFile(nodes);
    if (newest === undefined) return;
    if (existsSync(newest.path)) writeWhole(paths.epochs, readFileSync(newest.path));
    writeWhole(paths.genesis, readFileSync(this.#genesis!.path));
  }

  #newestFile(
    nodes: readonly LocalNode[],
  ): { readonly path: string; readonly epoch: Epoch } | undefined {
    const genesis = this.genesisOf(nodes);
    if (genesis instanceof Fault || genesis === undefined) return undefined;
    let newest: { readonly path: string; readonly epoch: Epoch } | undefined;
    for (const { directory } of nodes) {
      const path = memberPaths(directory).epochs;
      const known = this.#load(path, genesis);
      // A node whose file is damaged says so itself when it starts; another one knows as well.
      if (known instanceof Fault) continue;
      const epoch = known.epochs.at(-1)!;
      if (newest === undefined || epoch.roster.epoch > newest.epoch.roster.epoch) {
        newest = { path, epoch };
      }
    }
    return newest ?? { path: "", epoch: genesis };
  }

  /** The genesis, of the first node that has it; undefined where none has one. Errors: those of `loadGenesis`, returned. */
  genesisOf(nodes: readonly LocalNode[]): ReturnType<typeof loadGenesis> | undefined {
    if (this.#genesis !== undefined) return this.#genesis.genesis;
    let first: ReturnType<typeof loadGenesis> | undefined;
    for (const { directory } of nodes) {
      const { genesis: path } = memberPaths(directory);
      if (!existsSync(path)) continue;
      const loaded = loadGenesis(path);
      if (!(loaded instanceof Fault)) {
        this.#genesis = { path, genesis: loaded };
        return loaded;
      }
      first ??= loaded;
    }
    return first;
  }

  #load(path: string, genesis: Genesis): ReadEpochs["known"] {
    const { mtimeMs, size, ino } = statSync(path, { throwIfNoEntry: false }) ?? {};
    const stamp = `${mtimeMs} ${size} ${ino}`;
    const read = this.#read.get(path);
    if (read?.stamp === stamp) return read.known;
    const known = loadKnownEpochs(path, genesis);
    this.#read.set(path, { stamp, known });
    return known;
  }
}
