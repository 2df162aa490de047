import { encodeHex, fail, Fault } from "@rialto/base";
import { FINALITY_NAMES, profileLabel } from "@rialto/consensus";
import type { MarketConfig } from "@rialto/protocol";
import { EventKind, parseDecimal, Side, TEXT_DECIMALS } from "@rialto/protocol";
import {
  parseFillProof,
  PROOF_TEXT_MAX,
  type ProvenFill,
  type TradeEvent,
  verifyFillProof,
} from "@rialto/replica";
import { chainTrust } from "../cluster/epoch-file.ts";
import { chainName, type Genesis, loadGenesis, profileName } from "../cluster/genesis.ts";
import { readText } from "../read-text.ts";
import { defineCommand, ExitCode, UsageError } from "./command.ts";

export const verifyCommand = defineCommand({
  name: "verify",
  summary:
    "check the proof of a trade, with nothing but the genesis file: 0 proven, 1 not, 2 usage",
  positionals: "FILE",
  options: {
    genesis: {
      kind: "text",
      flag: "genesis",
      default: "",
      placeholder: "FILE",
      help: "the genesis file of the network, from somebody you trust",
    },
  },
  examples: [
    "curl -so proof.json http://localhost:8080/api/consensus/proof/BTCUSD/1",
    "rialto verify proof.json --genesis genesis.json",
    "rialto verify proof.json --genesis genesis.json --json",
  ],
  async run({ values, positionals, print }) {
    if (values.genesis === "") {
      throw new UsageError(
        "--genesis: give the genesis file. It stands in a node's directory, and at its GET " +
          "/api/consensus/genesis: compare it with one from somebody you trust",
      );
    }
    const text = readProofText(positionals[0]!);
    const genesis = loadGenesis(values.genesis);
    if (genesis instanceof Fault) throw new UsageError(genesis.message);
    const proof = parseFillProof(text);
    const proven = proof instanceof Fault ? proof : verifyFillProof(proof, chainTrust(genesis));
    if (proven instanceof Fault) {
      const { code } = proven.detail;
      const problem = refusalIn(text) ?? proven.message;
      const chain = chainName(genesis);
      // What is of another chain fails at one place or another: whoever took the wrong genesis is to see it.
      const judge = code === "PROOF_INVALID" ? `\n  by the genesis of chain ${chain}` : "";
      print({ valid: false, code, problem, chain }, `NOT PROVEN: ${problem}${judge}`);
      return ExitCode.Failed;
    }
    const report = reportOf(proven, genesis);
    print(report, describe(report));
    return ExitCode.Done;
  },
});

/** With the line's end that curl and editors put behind it. */
function readProofText(path: string): string {
  try {
    return readText(path, PROOF_TEXT_MAX + 1);
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`);
  }
}

/** curl keeps a node's refusal as gladly as a proof. */
function refusalIn(text: string): string | undefined {
  try {
    const answer = JSON.parse(text) as { readonly code?: unknown; readonly msg?: unknown } | null;
    if (typeof answer?.code !== "number" || typeof answer.msg !== "string") return undefined;
    // As JSON, for what stands in a stranger's file may move the cursor of a terminal.
    return `the file is no proof but a node's refusal: ${JSON.stringify(answer.msg)} (${answer.code})`;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** What has been proven, by whom, and what that is worth. */
function reportOf(proven: ProvenFill, { file, network }: Genesis) {
  const { event, standing, committee, checkpoint, commitIndex, tsMs } = proven;
  return {
    valid: true,
    trade: {
      ...termsOf(event, network.config.markets[event.market]),
      tradeId: event.tradeId,
      ...partiesOf(event),
      time: new Date(tsMs).toISOString(),
    },
    commit: { index: commitIndex, digest: encodeHex(proven.commitDigest) },
    checkpoint: {
      commitIndex: checkpoint.commitIndex,
      stateRoot: encodeHex(checkpoint.stateRoot),
      time: new Date(checkpoint.tsMs).toISOString(),
    },
    committee: {
      network: file.network.name,
      chain: encodeHex(committee.chainId),
      hash: encodeHex(committee.hash),
      epoch: committee.epoch,
      profile: profileName(committee.profile),
      guarantee: profileLabel(committee.profile, committee.thresholds),
    },
    level: FINALITY_NAMES[standing.level],
    signers: proven.signers,
    weight: standing.weight,
    quorum: committee.thresholds.quorum,
    total: committee.thresholds.total,
    quantum: standing.isQuantum,
    quantumSigners: proven.quantumSigners,
  };
}

/** The first epoch goes without saying. */
function epochOf(epoch: number): string {
  return epoch === 1 ? "" : `, of epoch ${epoch}`;
}

/**
 * Where it was, at what price, and how much. Of a market that was listed later the genesis says neither how it is called nor how long its
 * steps are: what is proven is its number, and so many ticks and lots.
 */
function termsOf(
  { market: marketNumber, priceTicks, lots }: TradeEvent,
  market: MarketConfig | undefined,
) {
  if (market === undefined) {
    return { market: null, marketNumber, price: `${priceTicks} ticks`, quantity: `${lots} lots` };
  }
  const price = amount(priceTicks, market.tickSize);
  return { market: market.symbol, marketNumber, price, quantity: amount(lots, market.lotSize) };
}

/** A whole number of steps as decimal text. */
function amount(steps: number, step: string): string {
  const unit = parseDecimal(step, TEXT_DECIMALS);
  if (typeof unit !== "bigint") return fail("a genesis was checked when it was read");
  const digits = (BigInt(steps) * unit).toString().padStart(TEXT_DECIMALS + 1, "0");
  const fraction = digits.slice(-TEXT_DECIMALS).replace(/0+$/, "");
  const whole = digits.slice(0, -TEXT_DECIMALS);
  return fraction === "" ? whole : `${whole}.${fraction}`;
}

function partiesOf(event: TradeEvent): object {
  if (event.kind === EventKind.Auctioned) {
    const { buyOrderId, sellOrderId } = event;
    return { auction: true, buyOrderId, sellOrderId };
  }
  const { takerSide, makerOrderId, takerOrderId } = event;
  return { takerSide: takerSide === Side.Buy ? "BUY" : "SELL", makerOrderId, takerOrderId };
}

function membersOf(authors: readonly number[]): string {
  return `${authors.length === 1 ? "member" : "members"} ${authors.join(", ")}`;
}

function describe(report: ReturnType<typeof reportOf>): string {
  const { trade, commit, checkpoint, committee, level, signers, quantumSigners } = report;
  const quantum = report.quantum
    ? `and by a quorum with ML-DSA-65 too (${membersOf(quantumSigners)})`
    : "with Ed25519 alone: no quorum has signed with ML-DSA-65";
  const market = trade.market ?? `market number ${trade.marketNumber}`;
  const unnamed =
    "  name    none: it was listed after the genesis, and what it is called is not part of what is proven";
  return [
    `PROVEN: trade ${trade.tradeId} of ${market}: ${trade.quantity} at ${trade.price}, ${trade.time}`,
    ...(trade.market === null ? [unnamed] : []),
    `  in      commit ${commit.index} (${commit.digest.slice(0, 16)}...), certified at commit ${checkpoint.commitIndex}`,
    `  by      ${membersOf(signers)} of network "${committee.network}": weight ${report.weight} of ${report.total}, quorum ${report.quorum}${epochOf(report.committee.epoch)}`,
    `          ${quantum}`,
    `  level   ${level}`,
    `  worth   ${committee.guarantee}`,
    `  chain   ${committee.chain}`,
  ].join("\n");
}
