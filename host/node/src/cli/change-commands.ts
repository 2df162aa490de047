import { Fault } from "@rialto/base";
import { existsSync } from "node:fs";
import {
  changeProblem,
  makeChange,
  type PendingChange,
  readChange,
  signChange,
  signedWeight,
  writeChange,
} from "../cluster/epoch-change-file.ts";
import { askBase, submitChange, untilChanged } from "../cluster/epoch-client.ts";
import { epochsFileText } from "../cluster/epoch-file.ts";
import { type Genesis, loadGenesis, type MemberCard } from "../cluster/genesis.ts";
import { loadCard } from "../cluster/member-card.ts";
import { KeyRing } from "../cluster/key-ring.ts";
import { memberPaths } from "../cluster/member-directory.ts";
import { editRoster, type RosterEdit } from "../cluster/roster-edit.ts";
import { rosterText } from "../cluster/roster-text.ts";
import { rotateKeys } from "../cluster/rotate-keys.ts";
import { FOR_ALL, writeWhole } from "../write-whole.ts";
import type { IntegerSetting, TextSetting } from "../config/settings.ts";
import { NODE_SETTINGS } from "../config/node-settings.ts";
import { leadersSetting, parseThreshold } from "./cluster-commands.ts";
import { checkUrl } from "./connection.ts";
import { defineCommand, ExitCode, UsageError } from "./command.ts";

// Changes of members on real machines: docs/operating/cluster.md. One proposes, a quorum signs, anybody submits.

const HOUR_MS = 3_600_000;

const url: TextSetting = {
  kind: "text",
  flag: "url",
  default: "http://localhost:8080",
  placeholder: "URL",
  help: "a member that runs",
};

const genesisFile: TextSetting = {
  kind: "text",
  flag: "genesis",
  default: "",
  placeholder: "FILE",
  help: "the genesis file of the network",
};

const text = (flag: string, placeholder: string, help: string): TextSetting => ({
  kind: "text",
  flag,
  default: "",
  placeholder,
  help,
});

const validHours: IntegerSetting = {
  kind: "integer",
  flag: "valid-hours",
  default: 24,
  min: 1,
  max: 24 * 30,
  help: "how long signatures may be gathered; afterwards the change does nothing",
};

export const keysRotateCommand = defineCommand({
  name: "keys rotate",
  summary: "make new signing keys for a member, which count from the epoch on that names them",
  positionals: "",
  options: { dataDir: NODE_SETTINGS.dataDir },
  examples: ["rialto keys rotate --data-dir /var/lib/rialto > rotated.json"],
  async run({ values, json, print, note }) {
    const card = await rotateKeys(values.dataDir);
    print(card, JSON.stringify(card, undefined, 2));
    if (!json) note("This is its new card: propose it with `rialto cluster propose --rotate`.");
    return ExitCode.Done;
  },
});

export const clusterProposeCommand = defineCommand({
  name: "cluster propose",
  summary: "write a change of a cluster's members, for a quorum of them to sign",
  positionals: "FILE",
  options: {
    url,
    genesis: genesisFile,
    add: text("add", "CARD", "a new member, by its card"),
    remove: text("remove", "N", "the member that leaves, by its number"),
    replace: text("replace", "N", "the member whose seat the one of --card gets"),
    rotate: text("rotate", "N", "the member whose new keys --card has"),
    card: text("card", "CARD", "for --replace and --rotate"),
    profile: {
      kind: "choice",
      flag: "profile",
      default: "same",
      choices: ["same", "crash", "byzantine"],
      help: "of the next epoch",
    },
    voteThreshold: text("vote-threshold", "FRACTION", "of the next epoch; default: as before"),
    leaders: leadersSetting(
      "of a round of the next epoch; 0: as before, or where the profile or the number of members changes, as a new genesis has it",
    ),
    validHours,
  },
  examples: [
    "rialto cluster propose change.json --genesis genesis.json --add new.json --url http://10.0.0.1:8080",
    "rialto cluster propose change.json --genesis genesis.json --remove 2",
    "rialto cluster propose change.json --genesis genesis.json --rotate 1 --card rotated.json",
  ],
  async run({ values, positionals, print }) {
    const [path] = positionals as readonly [string];
    if (existsSync(path)) throw new UsageError(`${path} exists: give another name`);
    const genesis = openGenesisFile(values.genesis);
    const base = await askBase(checkUrl(values.url), genesis);
    const roster = editRoster(base.before.roster, editOf(values), {
      profile: values.profile === "same" ? undefined : values.profile,
      voteThreshold: values.voteThreshold === "" ? undefined : parseThreshold(values.voteThreshold),
      leaders: values.leaders === 0 ? undefined : values.leaders,
    });
    if (roster instanceof Fault) throw roster;
    const pending = makeChange(genesis, base, roster, Date.now() + values.validHours * HOUR_MS);
    writeChange(path, pending);
    const report = describe(pending);
    print({ path, ...report }, `${path}: ${report.text}`);
    return ExitCode.Done;
  },
});

type Choice = Readonly<Record<"add" | "remove" | "replace" | "rotate" | "card", string>>;

function editOf({ add, remove, replace, rotate, card }: Choice): RosterEdit {
  const given = Object.entries({ add, remove, replace, rotate }).filter(([, each]) => each !== "");
  if (given.length !== 1) throw new UsageError("give one of --add, --remove, --replace, --rotate");
  const [kind, value] = given[0] as [RosterEdit["kind"], string];
  if (kind === "add") return { kind, card: readCard("--add", value) };
  if (!/^\d{1,3}$/.test(value)) throw new UsageError(`--${kind}: "${value}" is no member's number`);
  const member = Number(value);
  return kind === "remove" ? { kind, member } : { kind, member, card: readCard("--card", card) };
}

function readCard(flag: string, path: string): MemberCard {
  const card = loadCard(path);
  if (card instanceof Fault) throw new UsageError(`${flag}: ${card.message}`);
  return card;
}

function openGenesisFile(path: string): Genesis {
  if (path === "") throw new UsageError("--genesis: give the genesis file");
  const genesis = loadGenesis(path);
  if (genesis instanceof Fault) throw genesis;
  return genesis;
}

export const clusterSignCommand = defineCommand({
  name: "cluster sign",
  summary: "sign a change of members, as one of the present ones",
  positionals: "FILE",
  options: { dataDir: NODE_SETTINGS.dataDir },
  examples: ["rialto cluster sign change.json --data-dir /var/lib/rialto"],
  async run({ values, positionals, print }) {
    const [path] = positionals as readonly [string];
    const genesis = openGenesisFile(memberPaths(values.dataDir).genesis);
    const signed = signChange(readChange(path, genesis), new KeyRing(values.dataDir));
    if (signed === undefined) {
      const { dataDir } = values;
      const message = `${dataDir} holds no key of a member of the epoch that it ends: see --data-dir`;
      throw new Fault({ code: "CHANGE_KEY_ABSENT", path: dataDir }, "error", message);
    }
    writeChange(path, signed);
    const report = describe(signed);
    print({ path, ...report }, report.text);
    return ExitCode.Done;
  },
});

export const clusterSubmitCommand = defineCommand({
  name: "cluster submit",
  summary: "hand in a change that a quorum of the members has signed, and wait for the new epoch",
  positionals: "FILE",
  options: { url, genesis: genesisFile },
  examples: ["rialto cluster submit change.json --genesis genesis.json --url http://10.0.0.1:8080"],
  async run({ values, positionals, print, progress }) {
    const [path] = positionals as readonly [string];
    const pending = readChange(path, openGenesisFile(values.genesis));
    const problem = changeProblem(pending);
    if (problem !== undefined) throw new UsageError(`${path}: ${problem}`);
    const origin = checkUrl(values.url);
    await submitChange(origin, pending);
    const { epoch } = pending.change.roster;
    progress(`it waits to be ordered; epoch ${epoch} follows`);
    const view = await untilChanged(origin, pending);
    progress("");
    const result = {
      epoch: view.epoch,
      members: view.members.length,
      startCommit: view.startCommit,
    };
    print(
      result,
      `epoch ${view.epoch} has begun, of ${view.members.length} members, after commit ${view.startCommit}`,
    );
    return ExitCode.Done;
  },
});

export const clusterEpochsCommand = defineCommand({
  name: "cluster epochs",
  summary:
    "fetch and check what leads from the genesis to the present epoch: what a new member needs",
  positionals: "[FILE]",
  options: { url, genesis: genesisFile },
  examples: [
    "rialto cluster epochs --genesis genesis.json",
    "rialto cluster epochs /var/lib/rialto/epochs.json --genesis genesis.json --url http://10.0.0.1:8080",
  ],
  async run({ values, positionals, print }) {
    const genesis = openGenesisFile(values.genesis);
    const { steps, before } = await askBase(checkUrl(values.url), genesis);
    const [path] = positionals;
    if (path !== undefined) writeWhole(path, Buffer.from(epochsFileText(steps)), FOR_ALL);
    const { committee, roster } = before;
    const { epoch } = committee;
    const members = roster.members.map(({ address, weight }, member) => ({
      member,
      address,
      weight,
    }));
    const lines = members.map(
      (each) => `  member ${each.member}  ${each.address}  weight ${each.weight}`,
    );
    const kept = path === undefined ? "" : `\n${path} is written`;
    print(
      { epoch, members, steps },
      `epoch ${epoch}, proven from the genesis\n${lines.join("\n")}${kept}`,
    );
    return ExitCode.Done;
  },
});

/** What a change does and how far it has come, for people. */
function describe(pending: PendingChange) {
  const { before, change } = pending;
  const { quorum, total } = before.committee.thresholds;
  const signed = signedWeight(pending);
  const { epoch, members, leadersPerRound } = change.roster;
  const signers = change.signatures.map(({ author }) => author);
  const missing = signed >= quorum ? "it can be submitted" : `${quorum} must sign`;
  const lines = [
    `ends epoch ${before.committee.epoch} and begins ${epoch}, with`,
    ...rosterText(before.roster, change.roster),
    `signed by ${signed} of ${total} (members ${signers.join(", ") || "none"}): ${missing}`,
    `valid until ${new Date(change.validUntilMs).toISOString()}`,
  ];
  return {
    epoch,
    members: members.length,
    leadersPerRound,
    signed,
    quorum,
    signers,
    text: lines.join("\n"),
  };
}
