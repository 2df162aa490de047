import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { usableCredentials } from "./credentials.ts";

const pemOf = (kind: "ed25519" | "x25519"): string =>
  generateKeyPairSync(kind as "ed25519").privateKey.export({
    type: "pkcs8",
    format: "pem",
  }) as string;
const pem = pemOf("ed25519");

test("a secret with which something can be signed is a PEM, or any text that is no PEM", async () => {
  expect(await usableCredentials("key", pem)).toMatchObject({ apiKey: "key", type: "ed25519" });
  expect(await usableCredentials("key", "secret")).toMatchObject({ type: "hmac" });
});

test.each([
  ["no secret", ""],
  ["a PEM with a letter that is none", pem.replace("\nM", "\n!")],
  ["half a PEM", pem.slice(0, 60)],
  ["a PEM's name alone", "PRIVATE KEY"],
  ["a key of another kind", pemOf("x25519")],
])("nothing can be signed with %s, and it is said before anything is sent", async (_, secret) => {
  expect(await usableCredentials("key", secret)).toBeUndefined();
});
