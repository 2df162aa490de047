import { Fault } from "@rialto/base";
import { createKeyFile } from "@rialto/signing";
import { mountSmallDisk } from "@rialto/storage/testing";
import { expect, test } from "vitest";
import { memberPaths } from "../cluster/member-directory.ts";
import { networkOf } from "../config/network-file.ts";
import { dataDirectory } from "../data-directory.ts";
import { SMALL_NETWORK } from "../testing/small-exchange.ts";
import { openSoloMember } from "./solo-member.ts";

const EMPTY = { lastSequence: 0 };

test("a node alone whose first start finds no room for its genesis starts when there is some", (context) => {
  using disk = mountSmallDisk(1_048_576);
  if (disk === undefined) return context.skip("this process may not mount");
  const network = networkOf(SMALL_NETWORK);
  if (network instanceof Fault) throw network;
  const directory = dataDirectory(disk.path);
  const paths = memberPaths(disk.path);
  createKeyFile(paths.signingKey, "ed25519");
  createKeyFile(paths.quantumKey, "ml-dsa-65");
  disk.leaveFree(4_096);
  expect(() => openSoloMember(directory, network, EMPTY)).toThrow("ENOSPC");
  disk.leaveFree(65_536);
  expect(openSoloMember(directory, network, EMPTY).genesis.file.profile).toBe("solo");
});
