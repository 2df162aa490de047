import { createPrng, fail, Fault, type Prng } from "@rialto/base";
import {
  type BlockChecks,
  type Committee,
  createCommittee,
  leaderOf,
  NO_DIGEST,
  openFrame,
  parseBlock,
} from "@rialto/consensus";
import { type ConductLimits, MessageKind, type ReplicaSettings } from "@rialto/replica";
import { Checker } from "./checker.ts";
import { FaultCounter } from "./fault-counter.ts";
import { FaultRoom } from "./fault-room.ts";
import { Floods } from "./floods.ts";
import { inNewerLanguage, oldEpochMessages } from "./foreign-messages.ts";
import { JudgedBlocks } from "./judged-blocks.ts";
import {
  createCheapKeys,
  createQuantumKeys,
  createRealKeys,
  sha256,
  type SimKeys,
} from "./keys.ts";
import { encodeTransfer, LEDGER_ACCOUNTS } from "./ledger.ts";
import { Liar } from "./liar.ts";
import { PROFILE_OF, type RunOptions } from "./options.ts";
import { Scheduler } from "./scheduler.ts";
import { EPOCH_MS } from "./sim-clock.ts";
import { SimNetwork } from "./sim-network.ts";
import { SimNode } from "./sim-node.ts";
import { maxDriftMs, STIR_US, Troubles } from "./troubles.ts";

const PPM = 1_000_000;
const LIFETIME_MS = 24 * 3_600_000;
const BURST_FRAMES = 100;

/** A whole cluster in one process: members, disks, links, clients, liars, and what goes wrong with them. */
export class Simulation {
  readonly options: RunOptions;
  readonly committee: Committee;
  readonly checks: BlockChecks;
  readonly scheduler: Scheduler = new Scheduler();
  readonly faults: FaultCounter = new FaultCounter();
  readonly checker: Checker;
  readonly network: SimNetwork;
  /** All that run, the second selves of twins last. */
  readonly nodes: SimNode[] = [];
  readonly #prng: Prng;
  readonly #keys: SimKeys;
  readonly #otherChecks: BlockChecks;
  readonly #troubles: Troubles;
  readonly #room: FaultRoom;
  readonly #quantumKeys: SimKeys;
  readonly #liars = new Map<number, Liar>();
  readonly #judged: JudgedBlocks;
  /** Which of a twin's two selves speaks to whom. */
  #twinSides: number[] = [];
  #worldOf: readonly number[] | undefined;
  #isHealed = false;
  #frameId = 0;
  readonly #promises: { readonly key: string; readonly node: SimNode; readonly life: number }[] =
    [];

  constructor(options: RunOptions) {
    this.options = options;
    this.#prng = this.#createPrng(0);
    const makeKeys = options.hasRealSignatures ? createRealKeys : createCheapKeys;
    this.#keys = makeKeys(options.nodes, options.seed);
    this.#quantumKeys = createQuantumKeys(options.nodes, options.seed);
    this.committee = this.#createCommittee(1, options.gcDepth);
    this.checks = {
      committee: this.committee,
      hash: sha256,
      verify: this.#keys.verify,
      verifyQuantum: this.#quantumKeys.verify,
    };
    this.#otherChecks = {
      ...this.checks,
      committee: this.#createCommittee(1, options.gcDepth + 1),
    };
    this.#judged = new JudgedBlocks(this.checks);
    this.checker = new Checker({
      checks: this.checks,
      judged: this.#judged,
      // consensus.md §8: what is needed by others is bounded as what is not.
      pendingBlocks: 2 * options.nodes * (options.pendingPerAuthor + options.nodes),
      mempoolFrames: options.mempoolFrames,
      maxDriftMs: maxDriftMs(options),
    });
    const { scheduler, faults } = this;
    const oldEpoch = oldEpochMessages(this.#createCommittee(0, options.gcDepth), this.#keys.sign);
    this.network = new SimNetwork({
      scheduler,
      faults,
      options,
      prng: this.#createPrng(0x0e77_0002),
      deliver: (from, to, bytes) => this.#deliver(from, to, bytes),
      committee: this.committee,
      oldEpoch,
    });
    this.#createLiars();
    this.#room = new FaultRoom(this.committee, this.nodes, [...this.#liars.keys()]);
    this.#troubles = new Troubles({
      run: options,
      prng: this.#prng,
      scheduler,
      faults,
      room: this.#room,
    });
    this.#createMembers();
  }

  /** One line of chance for each that needs some, so that they do not disturb each other. */
  #createPrng(line: number): Prng {
    return createPrng(this.options.seed ^ line ^ Math.imul(this.options.luck, 0x9e37_79b1));
  }

  get prng(): Prng {
    return this.#prng;
  }

  #createCommittee(epoch: number, gcDepth: number): Committee {
    const { profile, nodes, hasWeights, leadersPerRound, seed } = this.options;
    const weightsPrng = createPrng(seed ^ 0x3e19_0003);
    const committee = createCommittee(
      {
        chainId: sha256(Uint8Array.of(1)),
        epoch,
        profile: PROFILE_OF[profile],
        validators: Array.from({ length: nodes }, (_, author) => ({
          publicKey: this.#keys.publicKeys[author]!,
          quantumKey: this.#quantumKeys.publicKeys[author]!,
          weight: hasWeights ? 1 + weightsPrng.below(4) : 1,
        })),
        gcDepth,
        leadersPerRound,
        epochSeed: sha256(Uint8Array.of(seed & 255, (seed >>> 8) & 255)),
      },
      sha256,
    );
    return committee instanceof Fault ? fail(committee.message) : committee;
  }

  #createLiars(): void {
    const chosen = this.#chooseLiars();
    const prng = this.#createPrng(0xf100_0004);
    const keys = new Map(chosen.map(({ author }) => [author, this.#keys.sign(author)]));
    const floods = new Floods(this.committee, prng, keys);
    for (const { author, strategies } of chosen) {
      this.#liars.set(
        author,
        new Liar({
          committee: this.committee,
          author,
          strategies,
          sign: this.#keys.sign(author),
          prng: this.#createPrng(0x11a7_0000 + author),
          faults: this.faults,
          delayUs: this.options.delayUs,
          floods,
        }),
      );
    }
  }

  /** Of those that were drawn, as many as the committee bears. */
  #chooseLiars(): RunOptions["liars"] {
    if (this.options.hasTooManyLiars) return this.options.liars;
    let room = this.committee.thresholds.liars;
    return this.options.liars.filter(({ author }) => {
      const weight = this.committee.weights[author]!;
      if (weight > room) return false;
      room -= weight;
      return true;
    });
  }

  #createMembers(): void {
    for (let author = 0; author < this.options.nodes; author++)
      this.nodes.push(this.#createNode(author, 0));
    for (const [author, liar] of this.#liars) {
      if (liar.has("twins")) this.nodes.push(this.#createNode(author, 1));
    }
  }

  #createNode(author: number, instance: number): SimNode {
    const { scheduler, faults, checker, checks, options: run } = this;
    return new SimNode({
      author,
      instance,
      isLiar: this.#liars.has(author),
      run,
      settings: this.#settings(),
      checks,
      otherChecks: this.#otherChecks,
      sign: this.#keys.sign(author),
      signQuantum: this.#quantumKeys.sign(author),
      scheduler,
      prng: this.#createPrng(0x0a0d_0000 + author * 16 + instance),
      faults,
      checker,
      judged: this.#judged,
      send: (node, to, message) => this.#send(node, to, message),
      mayForget: (node) => !this.#isHealed && this.#room.mayForget(node),
    });
  }

  #settings(): ReplicaSettings {
    const { delayUs, pendingPerAuthor, mempoolFrames } = this.options;
    const { checkpointEvery, checkpointMs, snapshotCommits } = this.options;
    const hopMs = Math.ceil(delayUs / 1_000);
    return {
      pacemaker: {
        leaderTimeoutMs: 4 * hopMs + 4,
        leaderTimeoutMaxMs: 2_000,
        roundDelayMs: 2 + hopMs,
        heartbeatMs: 500,
      },
      pending: { blocksPerAuthor: pendingPerAuthor, bytesPerAuthor: 1_000_000 },
      mempool: { framesMax: mempoolFrames, bytesMax: 1_000_000, lifetimeMsMax: LIFETIME_MS },
      conduct: this.#conductLimits(),
      sync: { fetchTimeoutMs: 6 * hopMs + 20, blocksPerAnswerMax: 256 },
      payloadBytesMax: 4_096,
      retainRounds: this.options.prunes ? 4 : 100_000,
      spacing: { checkpointEvery, checkpointMs, snapshotCommits },
      statusMs: 100 + 4 * hopMs,
    };
  }

  #conductLimits(): ConductLimits {
    const { answerBytes } = this.options;
    return {
      answerBytesPerSecond: answerBytes,
      answerBytesBurst: answerBytes,
      faultsPerSecond: 100,
      faultsBurst: 200,
    };
  }

  /** I13: nobody is answered, or read, beyond its allowance, by those that are up. */
  checkConduct(): void {
    const limits = this.#conductLimits();
    for (const node of this.honest) {
      if (node.replica === undefined) continue;
      for (const conduct of node.replica.conduct(node.nowMs())) {
        this.checker.noteConduct(node, conduct, limits);
      }
    }
  }

  /** Starts everybody, and the clock of troubles and of clients. */
  start(): void {
    const odd = this.options.beginsMismatched ? this.honest[0] : undefined;
    for (const node of this.nodes) {
      const isMismatched = node === odd && this.#room.mayForget(node);
      if (isMismatched) this.#beginMismatched(node);
      else node.start("none");
    }
    this.#turnTwins();
    if (this.options.framesPerSecond > 0) {
      // Some are there before the first block is made.
      for (const node of this.nodes) this.submitFrame(node);
    }
    this.#stir();
    this.#trade();
  }

  #beginMismatched(node: SimNode): void {
    this.faults.count("configMismatch");
    node.start("none", true);
    this.scheduler.after(500_000, () => {
      if (node.isMismatched) node.crash();
    });
  }

  get honest(): SimNode[] {
    return this.nodes.filter((node) => node.isHonest);
  }

  #send(node: SimNode, to: number, message: Uint8Array): void {
    this.checker.noteSend(node, message);
    if (this.#worldOf !== undefined) return this.#sendWithin(this.#worldOf, node, to, message);
    const liar = this.#liars.get(node.author);
    if (liar === undefined) {
      const extraUs = this.#splitUs(message) + this.#trapUs(to, message);
      const said = node.isNewer ? inNewerLanguage(message) : message;
      return this.network.send(node.author, to, said, extraUs);
    }
    if (liar.has("twins") && this.#twinSides[to] !== node.instance) return;
    for (const lie of liar.bend(node, to, message)) {
      this.network.send(
        node.author,
        lie.to,
        lie.message,
        lie.extraUs + this.#trapUs(lie.to, lie.message),
      );
    }
  }

  /** The scheduler as an enemy: some see a leader's block only when they have given up waiting for it. */
  #splitUs(message: Uint8Array): number {
    if (this.#isHealed || !this.options.splitsVotes || message[0] !== MessageKind.Block) return 0;
    const block = parseBlock(message.subarray(1), this.#hashNothing);
    if (block instanceof Fault || leaderOf(this.committee, block.round, 0) !== block.author)
      return 0;
    return this.#prng.chance(1, 2) ? this.#prng.below(this.options.delayUs * 30) : 0;
  }

  /**
   * Two honest members, other ones for each round, hear of the round before only when the round itself is there, its
   * leader last: who may leave a round out, will. It goes on when all else is healed: the delays have a bound.
   */
  #trapUs(to: number, message: Uint8Array): number {
    if (!this.options.hasJumpTrap || message[0] !== MessageKind.Block) return 0;
    const block = parseBlock(message.subarray(1), this.#hashNothing);
    if (block instanceof Fault) return 0;
    const next = leaderOf(this.committee, block.round + 1, 0);
    const free = this.honest.filter((node) => node.author !== next);
    const place = free.findIndex((node) => node.author === to);
    const victim = (2 * block.round) % free.length;
    if (place !== victim && place !== (victim + 1) % free.length) return 0;
    const isLeader = leaderOf(this.committee, block.round, 0) === block.author;
    return Math.floor(this.options.delayUs * 1.6) + (isLeader ? 300 : 0);
  }

  /** Who made a block and for which round can be read without hashing it. */
  readonly #hashNothing = (): Uint8Array => NO_DIGEST;

  #deliver(from: number, to: number, bytes: Uint8Array): void {
    for (const node of this.nodes) if (node.author === to && node.isUp) node.receive(from, bytes);
  }

  /**
   * Two worlds that hear nothing of each other, with a self of every twin in each: `sides` says in which an honest member
   * is. Undefined joins them.
   */
  splitWorld(sides: readonly number[] | undefined): void {
    this.#worldOf = sides;
  }

  #sendWithin(sides: readonly number[], node: SimNode, to: number, message: Uint8Array): void {
    const worldOf = (each: SimNode): number =>
      this.#liars.has(each.author) ? each.instance : sides[each.author]!;
    for (const target of this.nodes) {
      if (target.author !== to || worldOf(target) !== worldOf(node)) continue;
      this.scheduler.after(this.options.delayUs, () => target.receive(node.author, message));
    }
  }

  #turnTwins(): void {
    this.#twinSides = Array.from({ length: this.options.nodes }, () => this.#prng.below(2));
  }

  #stir(): void {
    this.network.stir();
    for (const node of this.nodes) {
      this.#troubles.strike(node);
      if (node.isUp) {
        this.network.noteRound(node.replica!.consensus.dag.quorumRound);
        // It may die of it.
        this.#burst(node);
      }
      const liar = this.#liars.get(node.author);
      for (const lie of liar?.flood(node) ?? []) {
        this.network.send(node.author, lie.to, lie.message, lie.extraUs);
      }
    }
    if (this.#prng.chance(1, 5)) this.#turnTwins();
    this.#troubles.strikeAll(this.nodes);
    this.scheduler.after(STIR_US, () => this.#stir());
  }

  /** More frames at once than there is room for: what is refused is refused, what is taken is promised. */
  #burst(node: SimNode): void {
    const { burstPpm } = this.options.rates;
    if (this.#isHealed || burstPpm === 0 || !this.#prng.chance(burstPpm, PPM)) return;
    this.faults.count("burst");
    for (let count = 0; count < BURST_FRAMES; count++) this.submitFrame(node);
  }

  #trade(): void {
    const { framesPerSecond } = this.options;
    if (framesPerSecond === 0 || this.#isHealed) return;
    this.submitFrame(this.nodes[this.#prng.below(this.nodes.length)]!);
    const gapUs = Math.floor(1_000_000 / framesPerSecond);
    this.scheduler.after(this.#prng.below(2 * gapUs), () => this.#trade());
  }

  /** Frames whose takers have promised to propose them, and run still: each must be executed in the end. */
  get promised(): string[] {
    return this.#promises
      .filter(({ node, life }) => node.isHonest && node.isUp && node.restartCount === life)
      .map(({ key }) => key);
  }

  /** Hands a member a new transfer. Returns the frame's key where it was taken in. */
  submitFrame(node: SimNode): string | undefined {
    const frame = encodeTransfer({
      id: this.#frameId++,
      source: this.#prng.below(LEDGER_ACCOUNTS),
      target: this.#prng.below(LEDGER_ACCOUNTS),
      amount: this.#prng.below(400),
      expiresMs: EPOCH_MS + LIFETIME_MS / 2,
    });
    // Clients that are unsure try elsewhere: the order must not execute a frame twice.
    if (this.#prng.chance(1, 8)) {
      this.faults.count("repeatedFrame");
      this.nodes[this.#prng.below(this.nodes.length)]!.submit(frame);
    }
    if (!node.submit(frame)) return undefined;
    const { key } = openFrame(frame, sha256);
    if (node.isHonest) this.#promises.push({ key, node, life: node.restartCount });
    return key;
  }

  /** Ends all faults but the liars, and starts whoever is to be up from here on. */
  heal(): void {
    this.#isHealed = true;
    this.#troubles.heal();
    this.network.heal();
    const stayDown = this.options.leavesSomeDown ? this.#spareMembers() : new Set<SimNode>();
    for (const node of this.nodes) {
      node.heal();
      if (node.isMismatched) node.crash();
      if (stayDown.has(node)) node.crash();
      else if (!node.isUp) this.#troubles.restart(node);
    }
  }

  /** Honest members that the rest can do without, if nobody has to rejoin. */
  #spareMembers(): Set<SimNode> {
    const spare = new Set<SimNode>();
    const { weights } = this.committee;
    let room = this.#room.spareWeight;
    for (const node of this.honest) {
      const weight = weights[node.author]!;
      if (weight > room || this.#prng.chance(1, 2)) continue;
      room -= weight;
      spare.add(node);
    }
    return spare;
  }
}
