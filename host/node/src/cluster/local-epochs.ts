import { Fault } from "@rialto/base";
import type { EpochView } from "@rialto/gateway";
import { isSigningFault } from "@rialto/signing";
import { rmSync } from "node:fs";
import { makeChange, type PendingChange, signChange } from "./epoch-change-file.ts";
import { askBase, isUnreachable, submitChange, untilChanged } from "./epoch-client.ts";
import { epochsFileText } from "./epoch-file.ts";
import type { Genesis, MemberCard } from "./genesis.ts";
import { KeyRing } from "./key-ring.ts";
import type { LocalCluster, LocalNode } from "./local-cluster.ts";
import { createMember, memberPaths } from "./member-directory.ts";
import { type NodeReport, reportNode } from "./node-report.ts";
import { editRoster, type RosterEdit, type RosterTerms } from "./roster-edit.ts";
import { rotateKeys } from "./rotate-keys.ts";
import { writeWhole } from "../write-whole.ts";

// Changes of members of a cluster on this machine: here are the keys of all of them.

/** How long a signed change may be tried: it is submitted at once. */
const VALID_MS = 10 * 60_000;
/** Faults after which a change will never come true: it was not taken, or another one came first. */
const VAIN_CODES: ReadonlySet<string> = new Set(["EPOCH_CHANGE_REFUSED", "EPOCH_OTHER"]);

export type LocalEpochFaultDetail =
  | { readonly code: "CLUSTER_DOWN" | "CLUSTER_UNDECIDED"; readonly directory: string }
  | { readonly code: "NODE_NO_MEMBER"; readonly node: number };

/** What a change has brought about. */
export interface LocalEpoch {
  readonly epoch: number;
  readonly members: number;
  /** What leads to it from the genesis, or beyond it: of `epochs.json`. */
  readonly steps: readonly string[];
  /** The node that was made for it, if one was: it is to be started. */
  readonly made: LocalNode | undefined;
}

/** Changes a running local cluster. Nothing of it is kept between two changes. */
export class LocalEpochs {
  readonly #cluster: LocalCluster;
  readonly #genesis: Genesis;

  /** Errors: those of `LocalCluster.genesis`, thrown. */
  constructor(cluster: LocalCluster) {
    this.#cluster = cluster;
    this.#genesis = cluster.genesis();
  }

  /** A new member, on this machine. Errors: ROSTER_REFUSED, those of ports and others, thrown; then nothing has been made. */
  async add(terms: RosterTerms): Promise<LocalEpoch> {
    const base = await this.#base();
    return await this.#withNewNode(base, (card) => ({ kind: "add", card }), terms);
  }

  /** A new member in the place of a node's, which leaves. Errors: as `add`. */
  async replace(node: number, terms: RosterTerms): Promise<LocalEpoch> {
    const base = await this.#base();
    const member = this.#memberOf(base, node);
    return await this.#withNewNode(base, (card) => ({ kind: "replace", member, card }), terms);
  }

  /** A node's member leaves. Errors: ROSTER_REFUSED and others, thrown. */
  async remove(node: number, terms: RosterTerms): Promise<LocalEpoch> {
    const base = await this.#base();
    const member = this.#memberOf(base, node);
    return await this.#change(base, { kind: "remove", member }, terms);
  }

  /** New signing keys for a node's member. Errors: those of keys and others, thrown. */
  async rotate(node: number): Promise<LocalEpoch> {
    const base = await this.#base();
    const member = this.#memberOf(base, node);
    const card = await rotateKeys(this.#cluster.nodes[node]!.directory);
    return await this.#change(base, { kind: "rotate", member, card }, {});
  }

  get #running(): readonly LocalNode[] {
    return this.#cluster.nodes.filter((node) => (this.#cluster.pidOf(node) ?? 0) > 0);
  }

  /**
   * The newest epoch that any node which takes orders is in. One that runs and does not answer is not asked: it may be what is to be
   * replaced. Errors: no node takes orders, so that nothing would be decided; others; thrown.
   */
  async #base(): Promise<Base> {
    const running = this.#running;
    const { directory } = this.#cluster;
    if (running.length === 0) {
      const message = `no node of ${directory} runs: \`rialto cluster start\` first`;
      throw new Fault<LocalEpochFaultDetail>({ code: "CLUSTER_DOWN", directory }, "error", message);
    }
    const reports = await Promise.all(running.map((node) => reportNode(this.#cluster, node)));
    const ready = reports.filter((report) => report.ready);
    if (ready.length === 0) {
      const lines = reports.map(({ node, reason }) => `  node ${node}: ${reason}`);
      const message = `no node takes orders, so nothing would be decided: \`rialto cluster start\` first\n${lines.join("\n")}`;
      const detail = { code: "CLUSTER_UNDECIDED", directory } as const;
      throw new Fault<LocalEpochFaultDetail>(detail, "error", message);
    }
    const newest = ready.toSorted((left, right) => right.epoch - left.epoch)[0]!;
    return { ...(await askBase(newest.origin, this.#genesis)), ready };
  }

  /** By its address, which is of one node alone: the keys of one that is to be replaced may be lost. */
  #memberOf({ before }: Base, node: number): number {
    const local = this.#cluster.nodes[node];
    const address = local && this.#cluster.linkAddressOf(local);
    const member = before.roster.members.findIndex((each) => each.address === address);
    if (member >= 0) return member;
    const message = `node ${node} is no member of epoch ${before.committee.epoch}: see \`rialto cluster status\``;
    throw new Fault<LocalEpochFaultDetail>({ code: "NODE_NO_MEMBER", node }, "error", message);
  }

  async #withNewNode(
    base: Base,
    editOf: (card: MemberCard) => RosterEdit,
    terms: RosterTerms,
  ): Promise<LocalEpoch> {
    const node = this.#cluster.nextNode();
    await this.#cluster.checkPorts(node);
    const address = this.#cluster.linkAddressOf(node);
    const card = await createMember(node.directory, { address, weight: 1 });
    let isHandedIn = false;
    try {
      const changed = await this.#change(base, editOf(card), terms, () => {
        isHandedIn = true;
        this.#cluster.keepNode(node);
      });
      const paths = memberPaths(node.directory);
      writeWhole(paths.epochs, Buffer.from(epochsFileText(changed.steps)));
      // Last: with it the node is whole.
      const text = `${JSON.stringify(this.#genesis.file, undefined, 2)}\n`;
      writeWhole(paths.genesis, Buffer.from(text));
      return { ...changed, made: node };
    } catch (error) {
      // Its keys are of no use, unless the change may yet come true: then the next `cluster start` starts it.
      if (!isHandedIn || isVain(error)) rmSync(node.directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** Has a change signed by all who are here, submits it, and waits until the members that took orders are in the next epoch. */
  async #change(
    base: Base,
    edit: RosterEdit,
    terms: RosterTerms,
    beforeSubmit: () => void = () => undefined,
  ): Promise<LocalEpoch> {
    const roster = editRoster(base.before.roster, edit, terms);
    if (roster instanceof Fault) throw roster;
    let pending = makeChange(this.#genesis, base, roster, Date.now() + VALID_MS);
    for (const { directory } of this.#cluster.nodes) {
      const ring = openRing(directory);
      pending = (ring && signChange(pending, ring)) ?? pending;
    }
    const asked = this.#membersThatAnswer(base);
    beforeSubmit();
    await submitChange(asked[0]!.origin, pending);
    const views = await Promise.all(asked.map((node) => this.#untilIn(node, pending)));
    const view = views.find((each) => each !== undefined);
    if (view === undefined) throw this.#endedFault();
    const { steps } = view;
    return { epoch: roster.epoch, members: roster.members.length, steps, made: undefined };
  }

  /** Waits until a node is in the epoch that a change begins; not for one that ends meanwhile, of which it returns undefined. */
  async #untilIn(node: LocalNode, pending: PendingChange): Promise<EpochView | undefined> {
    const hasEnded = (): boolean => this.#cluster.pidOf(node) === undefined;
    try {
      return await untilChanged(node.origin, pending, hasEnded);
    } catch (error) {
      if (isUnreachable(error) && hasEnded()) return undefined;
      throw error;
    }
  }

  #endedFault(): Fault<LocalEpochFaultDetail> {
    const { directory } = this.#cluster;
    const message =
      "all nodes have ended meanwhile. The change was taken and may come true: `rialto cluster start`";
    return new Fault<LocalEpochFaultDetail>({ code: "CLUSTER_DOWN", directory }, "error", message);
  }

  #membersThatAnswer({ before, ready }: Base): readonly LocalNode[] {
    const addresses = new Set(before.roster.members.map(({ address }) => address));
    const nodes = ready.map(({ node }) => this.#cluster.nodes[node]!);
    return nodes.filter((node) => addresses.has(this.#cluster.linkAddressOf(node)));
  }
}

/** The keys of a node; undefined where they are lost or damaged: it does not sign, and a quorum of the others does. */
function openRing(directory: string): KeyRing | undefined {
  try {
    return new KeyRing(directory);
  } catch (error) {
    if (isSigningFault(error)) return undefined;
    throw error;
  }
}

/** Whether a change that ended with this error will never come true. */
function isVain(error: unknown): boolean {
  if (!(error instanceof Fault)) return false;
  const { code } = error.detail as { readonly code: string };
  return VAIN_CODES.has(code);
}

interface Base extends Pick<PendingChange, "steps" | "before"> {
  /** Nodes that take orders. */
  readonly ready: readonly NodeReport[];
}
