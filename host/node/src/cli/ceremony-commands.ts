import { Fault } from "@rialto/base";
import { isMemberAddress } from "@rialto/consensus";
import { existsSync } from "node:fs";
import { withTableSecret } from "../cluster/table-secret.ts";
import { chainName, makeGenesis, type MemberCard, openGenesis } from "../cluster/genesis.ts";
import { loadCard } from "../cluster/member-card.ts";
import { checkIsNoCluster, createMember, memberPaths } from "../cluster/member-directory.ts";
import { FOR_ALL, writeWhole } from "../write-whole.ts";
import { NODE_SETTINGS } from "../config/node-settings.ts";
import { loadNetworkOrThrow } from "../config/network-file.ts";
import {
  leadersSetting,
  linksSetting,
  parseThreshold,
  voteThresholdSetting,
} from "./cluster-commands.ts";
import { defineCommand, ExitCode, UsageError } from "./command.ts";
import { choiceRefusal } from "./genesis-choices.ts";

// The ceremony by which machines become a cluster: docs/operating/cluster.md.

export const keysMemberCommand = defineCommand({
  name: "keys member",
  summary: "make the keys and the signing guard of a cluster's member, once in its life",
  positionals: "",
  options: {
    dataDir: NODE_SETTINGS.dataDir,
    address: {
      kind: "text",
      flag: "address",
      default: "",
      placeholder: "ADDRESS",
      help: "where the other members will reach it: tcp://10.0.0.1:5000",
    },
    weight: {
      kind: "integer",
      flag: "weight",
      default: 1,
      min: 1,
      max: 1_000_000,
      help: "its voting weight",
    },
  },
  examples: ["rialto keys member --data-dir /var/lib/rialto --address tcp://10.0.0.1:5000"],
  async run({ values, json, print, note }) {
    const { address, weight } = values;
    if (!isMemberAddress(address)) {
      throw new UsageError("--address: address is not like tcp://10.0.0.1:5000");
    }
    checkIsNoCluster(values.dataDir);
    const card = await createMember(values.dataDir, { address, weight });
    const path = memberPaths(values.dataDir).card;
    print({ ...card, card: path }, JSON.stringify(card, undefined, 2));
    if (!json) {
      note(`This is ${path}: hand it to whoever writes the genesis file. It holds no secret.`);
    }
    return ExitCode.Done;
  },
});

export const clusterGenesisCommand = defineCommand({
  name: "cluster genesis",
  summary: "write the genesis file of a cluster from its members' cards",
  positionals: "FILE",
  options: {
    members: {
      kind: "text",
      flag: "members",
      default: "",
      placeholder: "LIST",
      help: "the members' cards, in the order of their numbers, with commas between",
    },
    profile: {
      kind: "choice",
      flag: "profile",
      default: "byzantine",
      choices: ["crash", "byzantine"],
      help: "crash: a majority must be up, nobody may lie; byzantine (4 or more): less than a third may do anything",
    },
    network: NODE_SETTINGS.network,
    voteThreshold: voteThresholdSetting,
    leaders: leadersSetting(
      "members that lead in a round, and are waited for; 0: all of a crash cluster of up to three, else one",
    ),
    links: linksSetting,
  },
  examples: [
    "rialto cluster genesis genesis.json --network market.json --members a.json,b.json,c.json,d.json",
    "rialto cluster genesis genesis.json --profile crash --members a.json,b.json,c.json",
    "rialto cluster genesis genesis.json --profile crash --leaders 1 --members a.json,b.json,far.json",
  ],
  async run({ values, positionals, print }) {
    const [path] = positionals as readonly [string];
    if (existsSync(path)) throw new UsageError(`${path} exists: a genesis is written once`);
    const { config: network } = loadNetworkOrThrow(values.network);
    if (values.members === "") {
      throw new UsageError("--members: give the members' cards, which `rialto keys member` makes");
    }
    const members = values.members.split(",").map((card) => readCard(card.trim()));
    const { profile, links, leaders } = values;
    const voteThreshold = parseThreshold(values.voteThreshold);
    const file = makeGenesis({ network, profile, voteThreshold, links, members, leaders });
    const genesis = openGenesis(file);
    if (genesis instanceof Fault) {
      throw choiceRefusal(genesis, { profile, members: members.length }, "--members");
    }
    const text = `${JSON.stringify(withTableSecret(file), undefined, 2)}\n`;
    writeWhole(path, Buffer.from(text), FOR_ALL);
    const chain = chainName(genesis);
    const made = `${path}: ${members.length} members, chain ${chain}\n\nGive the same file to every member; each starts with rialto start --join.`;
    const { leadersPerRound } = file;
    print({ path, chain, members: members.length, profile, leadersPerRound }, made);
    return ExitCode.Done;
  },
});

function readCard(path: string): MemberCard {
  const card = loadCard(path);
  if (card instanceof Fault) throw new UsageError(`--members: ${card.message}`);
  return card;
}
