import { createPrng, Fault, type Prng } from "@rialto/base";
import { leaderOf, NO_DIGEST, openFrame, parseBlock } from "@rialto/consensus";
import {
  type BegunEpoch,
  type CheckpointSpacing,
  type ConductLimits,
  type EpochStep,
  MessageKind,
  type ReplicaSettings,
} from "@rialto/replica";
import { Checker } from "./checker.ts";
import { EpochBook, type SimEpoch, type SimSeat } from "./epoch-book.ts";
import { FaultCounter } from "./fault-counter.ts";
import { FaultRoom } from "./fault-room.ts";
import { inNewerLanguage, oldEpochMessages } from "./foreign-messages.ts";
import { sha256 } from "./keys.ts";
import { encodeTransfer, LEDGER_ACCOUNTS } from "./ledger.ts";
import { LiarCrew } from "./liar-crew.ts";
import { Operators } from "./operators.ts";
import { PROFILE_OF, type RunOptions } from "./options.ts";
import { Scheduler } from "./scheduler.ts";
import { EPOCH_MS } from "./sim-clock.ts";
import { SimNetwork } from "./sim-network.ts";
import { SimNode } from "./sim-node.ts";
import { maxDriftMs, STIR_US, Troubles } from "./troubles.ts";
import { computeTwinBound } from "./twin-bound.ts";

const PPM = 1_000_000;
const LIFETIME_MS = 24 * 3_600_000;
const BURST_FRAMES = 100;
/** How long after it asked a client may try again. */
const REPEAT_US = 1_000_000;

/** A whole cluster in one process: members, disks, links, clients, liars, operators, and what goes wrong with them. */
export class Simulation {
  readonly options: RunOptions;
  readonly book: EpochBook;
  readonly scheduler: Scheduler = new Scheduler();
  readonly faults: FaultCounter = new FaultCounter();
  readonly checker: Checker;
  readonly network: SimNetwork;
  readonly operators: Operators;
  /** All that ran ever; the second selves of twins behind the first members. */
  readonly nodes: SimNode[] = [];
  readonly #prng: Prng;
  /** Of what happens only where members change: everything else stays as it is without. */
  readonly #operatorsPrng: Prng;
  readonly #livesPrng: Prng;
  readonly #otherFirst: SimEpoch;
  readonly #troubles: Troubles;
  readonly #room: FaultRoom;
  readonly #liars: LiarCrew;
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
    this.#operatorsPrng = this.#createPrng(0x0be2_0005);
    this.#livesPrng = this.#createPrng(0x11fe_0008);
    this.book = this.#createBook();
    this.#otherFirst = this.book.firstAs({ gcDepth: options.gcDepth + 1 });
    const { scheduler, faults, book } = this;
    this.checker = new Checker({
      book,
      pendingPerAuthor: options.pendingPerAuthor,
      mempoolFrames: options.mempoolFrames,
      lifetimeMsMax: LIFETIME_MS,
      maxDriftMs: maxDriftMs(options),
      isClear: isClear(options),
    });
    this.checker.epochs.onFirst = (begun, node) => this.#enter(begun, node);
    this.network = new SimNetwork({
      scheduler,
      faults,
      options,
      prng: this.#createPrng(0x0e77_0002),
      deliver: (from, to, bytes) => this.#deliver(from, to, bytes),
      processes: () => this.#processCount,
      leader: () => this.#nextLeader(),
      oldEpoch: oldEpochMessages(book.firstAs({ epoch: 0 }).committee, (author) =>
        book.signOf(book.genesis.seats[author]!.key),
      ),
    });
    const prngOf = (line: number): Prng => this.#createPrng(line);
    this.#liars = new LiarCrew({ run: options, book, faults, prngOf });
    this.#room = new FaultRoom(book, this.nodes, this.#liars.processes);
    const common = { run: options, faults, room: this.#room };
    this.#troubles = new Troubles({ ...common, prng: this.#prng, scheduler });
    const prng = this.#operatorsPrng;
    this.operators = new Operators({ ...common, prng, book, nodes: this.nodes });
    this.#createMembers();
  }

  /** One line of chance for each that needs some, so that they do not disturb each other. */
  #createPrng(line: number): Prng {
    return createPrng(this.options.seed ^ line ^ Math.imul(this.options.luck, 0x9e37_79b1));
  }

  get prng(): Prng {
    return this.#prng;
  }

  #createBook(): EpochBook {
    const { profile, nodes, hasWeights, hasRealSignatures, leadersPerRound, gcDepth, seed } =
      this.options;
    const weightsPrng = createPrng(seed ^ 0x3e19_0003);
    return new EpochBook({
      seed,
      hasRealSignatures,
      shape: { profile: PROFILE_OF[profile], gcDepth, leadersPerRound },
      weights: Array.from({ length: nodes }, () => (hasWeights ? 1 + weightsPrng.below(4) : 1)),
    });
  }

  get #processCount(): number {
    return 1 + Math.max(...this.nodes.map(({ number }) => number));
  }

  #createMembers(): void {
    for (const seat of this.book.genesis.seats) this.#addNode(seat, 0, []);
    for (const seat of this.book.genesis.seats) {
      if (this.#liars.does(seat.process, "twins")) this.#addNode(seat, 1, []);
    }
  }

  #addNode({ process, key }: SimSeat, instance: number, known: readonly EpochStep[]): SimNode {
    const { scheduler, faults, checker, book, options: run } = this;
    const node = new SimNode({
      number: process,
      instance,
      isLiar: this.#liars.has(process),
      forges: this.#liars.does(process, "lyingSnapshots"),
      run,
      settings: this.#settings(),
      book,
      otherFirst: this.#otherFirst,
      key,
      known,
      scheduler,
      prng: this.#createPrng(0x0a0d_0000 + process * 16 + instance),
      faults,
      checker,
      send: (from, to, message) => this.#send(from, to, message),
      mayForget: (each) => !this.#isHealed && this.#room.mayForget(each),
      onStop: (each) => this.#checkConductAt(each),
    });
    this.nodes.push(node);
    return node;
  }

  /** Somebody honest is the first in a new epoch. */
  #enter(begun: BegunEpoch, first: SimNode): void {
    const { seats } = this.book.enter(begun);
    this.network.noteEpoch();
    for (const seat of seats) {
      if (this.nodes.some((node) => node.number === seat.process)) continue;
      // Its operator brings what leads to the epoch in which it is a member.
      const node = this.#addNode(seat, 0, [...first.chain!.steps]);
      if (this.#isHealed) node.heal();
      node.start("none");
    }
  }

  #settings(): ReplicaSettings {
    const { delayUs, pendingPerAuthor, mempoolFrames } = this.options;
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
      payloadBytesMax: 8_192,
      retainRounds: this.options.prunes ? 4 : 100_000,
      spacing: this.#spacing(),
      statusMs: 100 + 4 * hopMs,
    };
  }

  #spacing(): CheckpointSpacing {
    const { checkpointEvery, checkpointMs, quantumMs, snapshotCommits } = this.options;
    const quantum = quantumMs === 0 ? {} : { quantumMs };
    return { checkpointEvery, checkpointMs, snapshotCommits, ...quantum };
  }

  #conductLimits(): ConductLimits {
    const { answerBytes } = this.options;
    return {
      answerBytesPerSecond: answerBytes,
      answerBytesBurst: answerBytes,
      faultsPerSecond: 100,
      faultsBurst: 200,
      repeatsPerSecond: 100,
      repeatsBurst: 200,
      // Of blocks as small as these some ten, and as many each second.
      twinBytesPerSecond: 50_000,
      twinBytesBurst: 50_000,
    };
  }

  /** I13: nobody is answered, read, or given room for second blocks beyond its allowance, by those that are up. */
  checkConduct(): void {
    for (const node of this.honest) this.#checkConductAt(node);
  }

  #checkConductAt(node: SimNode): void {
    if (node.replica === undefined || !node.isHonest) return;
    const limits = this.#conductLimits();
    this.checker.noteTwins(node, computeTwinBound(this.nodes, limits, this.scheduler.nowUs));
    for (const conduct of node.replica.conduct(node.nowMs())) {
      this.checker.noteConduct(node, conduct, limits);
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
    if (!this.#liars.has(node.number)) {
      const extraUs = this.#splitUs(message) + this.#trapUs(to, message);
      const said = node.isNewer ? inNewerLanguage(message) : message;
      return this.network.send(node.number, to, said, extraUs);
    }
    const isTwin = this.#liars.does(node.number, "twins");
    if (isTwin && this.#twinSides[to] !== node.instance) return;
    for (const lie of this.#liars.bend(node, to, message)) {
      this.network.send(
        node.number,
        lie.to,
        lie.message,
        lie.extraUs + this.#trapUs(lie.to, lie.message),
      );
    }
  }

  /** The scheduler as an enemy: some see the block of one of a round's leaders only when they have given up waiting for it. */
  #splitUs(message: Uint8Array): number {
    if (this.#isHealed || !this.options.splitsVotes || message[0] !== MessageKind.Block) return 0;
    const block = parseBlock(message.subarray(1), this.#hashNothing);
    const epoch = block instanceof Fault ? undefined : this.book.find(block.epoch);
    if (block instanceof Fault || epoch === undefined) return 0;
    const place = block.round % epoch.committee.leadersPerRound;
    if (leaderOf(epoch.committee, block.round, place) !== block.author) return 0;
    return this.#prng.chance(1, 2) ? this.#prng.below(this.options.delayUs * 30) : 0;
  }

  /**
   * Two honest members, other ones for each round, hear of the round before only when the round itself is there, its
   * leader last: who may leave a round out, will. It goes on when all else is healed: the delays have a bound. In such a run
   * there is one epoch.
   */
  #trapUs(to: number, message: Uint8Array): number {
    if (!this.options.hasJumpTrap || message[0] !== MessageKind.Block) return 0;
    const { committee } = this.book.genesis;
    const block = parseBlock(message.subarray(1), this.#hashNothing);
    if (block instanceof Fault) return 0;
    const next = leaderOf(committee, block.round + 1, 0);
    const free = this.honest.filter((node) => node.number !== next);
    const place = free.findIndex((node) => node.number === to);
    const victim = (2 * block.round) % free.length;
    if (place !== victim && place !== (victim + 1) % free.length) return 0;
    const isLeader = leaderOf(committee, block.round, 0) === block.author;
    return Math.floor(this.options.delayUs * 1.6) + (isLeader ? 300 : 0);
  }

  /** Who made a block and for which round can be read without hashing it. */
  readonly #hashNothing = (): Uint8Array => NO_DIGEST;

  #deliver(from: number, to: number, bytes: Uint8Array): void {
    for (const node of this.nodes) if (node.number === to && node.isUp) node.receive(from, bytes);
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
      this.#liars.has(each.number) ? each.instance : sides[each.number]!;
    for (const target of this.nodes) {
      if (target.number !== to || worldOf(target) !== worldOf(node)) continue;
      this.scheduler.after(this.options.delayUs, () => target.receive(node.number, message));
    }
  }

  #turnTwins(): void {
    this.#twinSides = Array.from({ length: this.#processCount }, () => this.#prng.below(2));
  }

  #stir(): void {
    this.network.stir();
    for (const node of this.nodes) {
      this.#troubles.strike(node);
      // It may die of it.
      if (node.isUp) this.#burst(node);
      if (!this.#liars.has(node.number)) continue;
      for (const lie of this.#liars.flood(node)) {
        this.network.send(node.number, lie.to, lie.message, lie.extraUs);
      }
    }
    this.#stirMembers();
    if (this.#prng.chance(1, 5)) this.#turnTwins();
    this.#troubles.strikeAll(this.nodes);
    this.scheduler.after(STIR_US, () => this.#stir());
  }

  #stirMembers(): void {
    const { changePpm, badChangePpm } = this.options.rates;
    const strikes = (ppm: number): boolean => ppm > 0 && this.#operatorsPrng.chance(ppm, PPM);
    // What is under way when all faults end is brought to its end.
    if (this.#isHealed) return this.operators.pursue();
    if (strikes(changePpm)) this.operators.change();
    if (strikes(badChangePpm)) this.operators.misbehave();
  }

  /** The process that leads the next round, of the farthest member. */
  #nextLeader(): number {
    const { committee, seats } = this.book.newest;
    const { epoch } = committee;
    const rounds = this.nodes.map((node) =>
      node.epoch === epoch ? node.replica!.consensus.dag.quorumRound : 0,
    );
    return seats[leaderOf(committee, Math.max(...rounds) + 1, 0)]!.process;
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
      .filter(({ node, life }) => this.#isKept(node) && node.restartCount === life)
      .map(({ key }) => key);
  }

  /** Who has left answers "unknown" for what it had taken. */
  #isKept(node: SimNode): boolean {
    return node.isHonest && node.isUp && this.book.isMember(node.number);
  }

  /** Honest members of the newest epoch that are up. */
  get present(): readonly SimNode[] {
    return this.nodes.filter((node) => this.#isKept(node));
  }

  /** Hands a member a new transfer. `onTaken` is told its key when it has been taken in. */
  submitFrame(node: SimNode, onTaken?: (key: string) => void): void {
    const earlyEndMs = onTaken === undefined ? this.#drawEarlyEnd() : undefined;
    const frame = encodeTransfer({
      id: this.#frameId++,
      source: this.#prng.below(LEDGER_ACCOUNTS),
      target: this.#prng.below(LEDGER_ACCOUNTS),
      amount: this.#prng.below(400),
      expiresMs: EPOCH_MS + (earlyEndMs ?? LIFETIME_MS / 2),
    });
    // Clients that are unsure try elsewhere: the order must not execute a frame twice.
    if (this.#prng.chance(1, 8)) {
      this.faults.count("repeatedFrame");
      this.nodes[this.#prng.below(this.nodes.length)]!.submit(frame);
    }
    this.#repeatLate(frame);
    node.submit(frame, () => {
      const { key } = openFrame(frame, sha256);
      // What ends before its turn comes is not executed, whoever has promised to propose it.
      const isPromised = node.isHonest && earlyEndMs === undefined;
      if (isPromised) this.#promises.push({ key, node, life: node.restartCount });
      onTaken?.(key);
    });
  }

  /** When a frame ends that its client gives less time than it may take; undefined for most. */
  #drawEarlyEnd(): number | undefined {
    const { shortLifeMs } = this.options;
    if (shortLifeMs === 0 || !this.#livesPrng.chance(1, 4)) return undefined;
    return Math.floor(this.scheduler.nowUs / 1_000) + this.#livesPrng.below(shortLifeMs);
  }

  /** Where members change, some clients try again when the one that they asked may be gone. */
  #repeatLate(frame: Uint8Array): void {
    if (this.options.rates.changePpm === 0 || this.#isHealed) return;
    if (!this.#operatorsPrng.chance(1, 8)) return;
    this.scheduler.after(this.#operatorsPrng.below(REPEAT_US), () => {
      this.faults.count("repeatedFrame");
      this.nodes[this.#operatorsPrng.below(this.nodes.length)]!.submit(frame);
    });
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
    const { seats } = this.book.newest;
    let room = this.#room.spareWeight;
    for (const node of this.honest) {
      const weight = seats.find(({ process }) => process === node.number)?.weight;
      if (weight === undefined || weight > room || this.#prng.chance(1, 2)) continue;
      room -= weight;
      spare.add(node);
    }
    return spare;
  }
}

/** True where nothing that a run does makes rubbish of what an honest member says, or puts a liar's words into its mouth. */
function isClear({ rates, beginsMismatched }: RunOptions): boolean {
  const { garblePpm, oldEpochPpm, mixedVersionsPpm, configMismatchPpm } = rates;
  const rubbishPpm = garblePpm + oldEpochPpm + mixedVersionsPpm + configMismatchPpm;
  return rubbishPpm === 0 && !beginsMismatched;
}
