import type { AccountIndex } from "@rialto/protocol";
import { expect, test } from "vitest";
import { ApiKey } from "../keys/api-key.ts";
import { ListenKeys } from "./listen-keys.ts";

function apiKey(id: string): ApiKey {
  const permissions = ["read"] as const;
  const summary = { type: "hmac", account: 1n, permissions, addresses: [], label: "" } as const;
  return new ApiKey({ ...summary, id, createdMs: 0 }, "a secret");
}

test("one who ends its listen key and asks for a new one again and again takes nobody else's", () => {
  const listenKeys = new ListenKeys(() => true);
  const [quiet, busy] = [apiKey("quiet"), apiKey("busy")];
  const account = 1 as AccountIndex;
  const quietName = listenKeys.issue(quiet, account, 0);
  const names = new Set<string>();
  for (let round = 0; round < 10_001; round++) {
    const name = listenKeys.issue(busy, account, 0);
    names.add(name);
    listenKeys.find(name, 0)!.untilMs = 0;
  }
  expect(names.size).toBe(10_001);
  expect(listenKeys.find(quietName, 0)?.key).toBe(quiet);
});
