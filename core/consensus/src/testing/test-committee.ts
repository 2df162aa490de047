import { fail, Fault } from "@rialto/base";
import { type Committee, createCommittee, withLeaderOrder } from "../committee.ts";
import { NO_DIGEST } from "../hash.ts";
import { Profile } from "../quorum.ts";
import { testHash } from "./test-hash.ts";

export interface TestCommitteeOptions {
  readonly profile: Profile;
  readonly weights: readonly number[];
  readonly gcDepth?: number;
  readonly leadersPerRound?: number;
  /** Members that sign with ML-DSA-65 too; none by default. */
  readonly quantumAuthors?: readonly number[];
}

/** A committee whose members lead in the order of their numbers: author `round % n` leads a round. */
export function createTestCommittee(options: TestCommitteeOptions): Committee {
  const committee = createCommittee(
    {
      chainId: testHash(Uint8Array.of(1)),
      epoch: 1,
      profile: options.profile,
      members: options.weights.map((weight, author) => ({
        publicKey: testHash(Uint8Array.of(2, author)),
        ...(options.quantumAuthors?.includes(author) === true
          ? { quantumKey: new Uint8Array(1_952).fill(author) }
          : {}),
        weight,
      })),
      gcDepth: options.gcDepth ?? 64,
      leadersPerRound: options.leadersPerRound ?? 1,
      epochSeed: NO_DIGEST,
    },
    testHash,
  );
  if (committee instanceof Fault) fail(committee.message);
  return withLeaderOrder(
    committee,
    options.weights.map((_, author) => author),
  );
}

export const equalWeights = (count: number): readonly number[] =>
  Array.from({ length: count }, () => 1);

/** Each profile with the sizes that it is meant for: what scenario tests sweep over. */
export const SWEEP: readonly {
  readonly name: string;
  readonly profile: Profile;
  readonly count: number;
}[] = [
  { name: "crash of 3", profile: Profile.Crash, count: 3 },
  { name: "crash of 5", profile: Profile.Crash, count: 5 },
  { name: "crash of 7", profile: Profile.Crash, count: 7 },
  { name: "byzantine of 4", profile: Profile.Byzantine, count: 4 },
  { name: "byzantine of 7", profile: Profile.Byzantine, count: 7 },
  { name: "byzantine of 10", profile: Profile.Byzantine, count: 10 },
];

/** The fast profile is for these: of six, one may be gone and leaders are still committed at once. */
export const FAST_SWEEP: typeof SWEEP = [
  { name: "fast of 4", profile: Profile.Fast, count: 4 },
  { name: "fast of 6", profile: Profile.Fast, count: 6 },
  { name: "fast of 7", profile: Profile.Fast, count: 7 },
];
