import { createPrng, fail, Fault } from "@rialto/base";
import type { Transport } from "@rialto/network";
import { FaultCounter, Floods, Liar, type Lie } from "@rialto/simulator";
import { parseArgs } from "node:util";
import { pino } from "pino";
import { type Genesis, loadGenesis } from "../cluster/genesis.ts";
import { memberPaths, openMemberKeys } from "../cluster/member-directory.ts";
import { startMemberNode } from "../cluster/member-node.ts";
import type { RecoveredMember } from "../cluster/recover-member.ts";
import { NODE_SETTINGS } from "../config/node-settings.ts";
import { settle } from "../config/settings.ts";

// A member that lies, as a process: a real node whose messages are bent on their way out by the simulator's liar. It
// takes the arguments of `rialto start --join DIRECTORY`; with `--lies equivocate` it does that alone.

const SEED = 11;
const FLOOD_MS = 20;
/** Of a network on loopback. */
const DELAY_US = 1_000;

const STRATEGIES = [
  "equivocate",
  "withhold",
  "late",
  "forge",
  "garbage",
  "swapPayload",
  "wildTime",
  "lyingCheckpoints",
  "lyingSync",
  "pendingFlood",
  "fetchFlood",
  "rubbishFlood",
] as const;

type Strategy = (typeof STRATEGIES)[number];

function openLiar(genesis: Genesis, directory: string, strategies: readonly Strategy[]): Liar {
  const { self, signer } = openMemberKeys(directory, genesis);
  const sign = (message: Uint8Array): Uint8Array => signer.sign(message);
  const { committee } = genesis;
  return new Liar({
    committee,
    author: self,
    strategies,
    sign,
    floods: new Floods(committee, createPrng(SEED + 1), new Map([[self, sign]])),
    prng: createPrng(SEED),
    faults: new FaultCounter(),
    delayUs: DELAY_US,
  });
}

/**
 * A transport that says what the liar makes of the truth, from when everybody can be told it. A lie that was told to one of two
 * is found out by nobody but the liar's own node, which gets it back and halts before the other one is reached.
 */
function bend(transport: Transport, { replica }: RecoveredMember, liar: Liar): Transport {
  let hasAudience = false;
  const tell = (lies: readonly Lie[]): void => {
    for (const { to, message, extraUs } of lies) {
      setTimeout(() => transport.send(to, message), extraUs / 1_000);
    }
  };
  setInterval(() => tell(liar.flood(replica)), FLOOD_MS);
  return new Proxy(transport, {
    get(target, name) {
      if (name !== "send") {
        const value: unknown = Reflect.get(target, name, target);
        // A method needs what is private to the true transport.
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      }
      return (to: number, message: Uint8Array) => {
        hasAudience ||= target.peers().every(({ isReachable }) => isReachable);
        if (!hasAudience) return target.send(to, message);
        tell(liar.bend(replica, to, message));
        return "queued";
      };
    },
  });
}

const { values } = parseArgs({
  options: {
    join: { type: "string" },
    lies: { type: "string" },
    "entry-port": { type: "string", default: "0" },
    "no-gateway": { type: "boolean", default: false },
  },
  strict: false,
});
const directory = String(values.join);
const settled = settle(NODE_SETTINGS, {
  flags: {
    "data-dir": directory,
    port: "0",
    "entry-port": String(values["entry-port"]),
    "no-gateway": values["no-gateway"] === true,
  },
  environment: {},
  file: {},
});
if (settled instanceof Fault) throw settled;
const genesis = loadGenesis(memberPaths(directory).genesis);
if (genesis instanceof Fault) throw genesis;
const strategies = STRATEGIES.filter((each) => [undefined, each].includes(values.lies as Strategy));
const liar = openLiar(genesis, directory, strategies);
const node = await startMemberNode({
  settings: settled.values,
  genesis,
  network: genesis.network,
  log: pino({ level: "info", base: null }, pino.destination({ dest: 2, sync: true })),
  version: "liar",
  onFatal: (error) => fail(`the liar has failed: ${String(error)}`),
  wrapTransport: (transport, recovered) => bend(transport, recovered, liar),
});
process.stdout.write(`${JSON.stringify({ event: "ready", origin: node.origin })}\n`);
process.once("SIGTERM", () => process.exit(0));
