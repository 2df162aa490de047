import { encodeHex, Fault } from "@rialto/base";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { makeChange, type PendingChange, signChange } from "./epoch-change-file.ts";
import { askBase, askEpochs, submitChange, untilEpoch } from "./epoch-client.ts";
import { epochsFileText } from "./epoch-file.ts";
import { type Genesis, loadGenesis, type MemberCard } from "./genesis.ts";
import { KeyRing } from "./key-ring.ts";
import type { LocalCluster, LocalNode } from "./local-cluster.ts";
import { createMember, memberPaths } from "./member-directory.ts";
import { authorOfLink, editRoster, type RosterEdit, type RosterTerms } from "./roster-edit.ts";
import { rotateKeys } from "./rotate-keys.ts";

// Changes of members of a cluster on this machine: here are the keys of all of them.

/** How long a signed change may be tried: it is submitted at once. */
const VALID_MS = 10 * 60_000;

export type LocalEpochFaultDetail =
  | { readonly code: "CLUSTER_DOWN"; readonly directory: string }
  | { readonly code: "NODE_NO_MEMBER"; readonly node: number };

/** What a change has brought about. */
export interface LocalEpoch {
  readonly epoch: number;
  readonly members: number;
  /** The node that was made for it, if one was: it is to be started. */
  readonly made: LocalNode | undefined;
}

/** Changes a running local cluster. Nothing of it is kept between two changes. */
export class LocalEpochs {
  readonly #cluster: LocalCluster;
  readonly #genesis: Genesis;

  /** Errors: those of `loadGenesis`, thrown. */
  constructor(cluster: LocalCluster) {
    this.#cluster = cluster;
    const genesis = loadGenesis(memberPaths(cluster.nodes[0]!.directory).genesis);
    if (genesis instanceof Fault) throw genesis;
    this.#genesis = genesis;
  }

  /** A new member, on this machine. Errors: ROSTER_REFUSED and others, thrown; then nothing has been made. */
  async add(terms: RosterTerms): Promise<LocalEpoch> {
    const base = await this.#base();
    return await this.#withNewNode(base, (card) => ({ kind: "add", card }), terms);
  }

  /** A new member in the place of a node's, which leaves. Errors: as `add`. */
  async replace(node: number, terms: RosterTerms): Promise<LocalEpoch> {
    const base = await this.#base();
    const member = this.#memberOf(base, node);
    const changed = await this.#withNewNode(
      base,
      (card) => ({ kind: "replace", member, card }),
      terms,
    );
    this.#cluster.keepRemoved(this.#cluster.nodes[node]!);
    return changed;
  }

  /** A node's member leaves. Errors: ROSTER_REFUSED and others, thrown. */
  async remove(node: number, terms: RosterTerms): Promise<LocalEpoch> {
    const base = await this.#base();
    const member = this.#memberOf(base, node);
    const left = this.#cluster.nodes[node]!;
    return await this.#change(base, { kind: "remove", member }, terms, () =>
      this.#cluster.keepRemoved(left),
    );
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

  /** The newest epoch that any node knows of. */
  async #base(): Promise<Base> {
    const views = await Promise.all(
      this.#running.map(async ({ origin }) => ({ origin, epoch: (await askEpochs(origin)).epoch })),
    );
    const newest = views.toSorted((left, right) => right.epoch - left.epoch)[0];
    if (newest !== undefined) return await askBase(newest.origin, this.#genesis);
    const { directory } = this.#cluster;
    const message = `no node of ${directory} runs: \`rialto cluster start\` first`;
    throw new Fault<LocalEpochFaultDetail>({ code: "CLUSTER_DOWN", directory }, "error", message);
  }

  #memberOf({ before }: Base, node: number): number {
    const local = this.#cluster.nodes[node];
    const member =
      local && authorOfLink(before.roster, encodeHex(new KeyRing(local.directory).linkKey));
    if (member !== undefined) return member;
    const message = `node ${node} is no member of epoch ${before.committee.epoch}: see \`rialto cluster status\``;
    throw new Fault<LocalEpochFaultDetail>({ code: "NODE_NO_MEMBER", node }, "error", message);
  }

  async #withNewNode(
    base: Base,
    editOf: (card: MemberCard) => RosterEdit,
    terms: RosterTerms,
  ): Promise<LocalEpoch> {
    const node = this.#cluster.nextNode();
    const address = this.#cluster.linkAddressOf(node);
    const card = await createMember(node.directory, { address, weight: 1 });
    let isTaken = false;
    try {
      const changed = await this.#change(base, editOf(card), terms, () => {
        isTaken = true;
        this.#cluster.keepNode(node);
      });
      const paths = memberPaths(node.directory);
      const { steps } = await askEpochs(await this.#originIn(changed.epoch));
      writeFileSync(paths.epochs, epochsFileText(steps));
      // Last: with it the node is whole.
      copyFileSync(memberPaths(this.#cluster.nodes[0]!.directory).genesis, paths.genesis);
      return { ...changed, made: node };
    } catch (error) {
      // Nobody has heard of it: its keys are of no use. Once a change is taken, it may yet come true.
      if (!isTaken) rmSync(node.directory, { recursive: true, force: true });
      throw error;
    }
  }

  async #originIn(epoch: number): Promise<string> {
    for (const { origin } of this.#running) {
      if ((await askEpochs(origin)).epoch >= epoch) return origin;
    }
    throw new Error("a node that has begun the epoch goes on running");
  }

  /** Has a change signed by all who are here, submits it, and waits until the members that run are in the next epoch. */
  async #change(
    base: Base,
    edit: RosterEdit,
    terms: RosterTerms,
    onTaken: () => void = () => undefined,
  ): Promise<LocalEpoch> {
    const roster = editRoster(base.before.roster, edit, terms);
    if (roster instanceof Fault) throw roster;
    let pending = makeChange(this.#genesis, base, roster, Date.now() + VALID_MS);
    for (const { directory } of this.#cluster.nodes) {
      pending = signChange(pending, new KeyRing(directory)) ?? pending;
    }
    const running = this.#membersThatRun(base);
    await submitChange(running[0]!.origin, pending);
    onTaken();
    await Promise.all(running.map(({ origin }) => untilEpoch(origin, roster.epoch)));
    return { epoch: roster.epoch, members: roster.members.length, made: undefined };
  }

  #membersThatRun({ before }: Base): readonly LocalNode[] {
    return this.#running.filter(({ directory }) => {
      const card = JSON.parse(readFileSync(memberPaths(directory).card, "utf8")) as MemberCard;
      return authorOfLink(before.roster, card.linkKey) !== undefined;
    });
  }
}

type Base = Pick<PendingChange, "steps" | "before">;
