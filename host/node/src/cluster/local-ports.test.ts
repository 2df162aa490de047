import { expect, test } from "vitest";
import { BLOCKED_PORTS, checkPortsApart } from "./local-ports.ts";

const CHOICES = {
  nodes: 3,
  profile: "crash",
  voteThreshold: 0.65,
  links: "tls",
  network: "demo",
  linkPort: 20_000,
  metricsPort: 30_000,
} as const;

test("HTTP is not put where nobody can ask: the nodes would run, and the start would say that it has failed", async () => {
  expect(() => checkPortsApart({ ...CHOICES, port: 10_078 })).toThrow(
    "HTTP of node 2 would have port 10080, where no browser asks for anything: give another --port",
  );
  expect(() => checkPortsApart({ ...CHOICES, port: 10_081 })).not.toThrow();
  for (const port of BLOCKED_PORTS) {
    const asked = fetch(`http://127.0.0.1:${port}/`);
    await expect(asked).rejects.toMatchObject({ cause: { message: "bad port" } });
  }
});

test("a port that there is none of is refused, and says what would have it", () => {
  expect(() => checkPortsApart({ ...CHOICES, port: 65_533, nodes: 3 })).not.toThrow();
  expect(() => checkPortsApart({ ...CHOICES, port: 65_534 })).toThrow(
    "HTTP of node 2 would have port 65536: give a lower --port",
  );
  expect(() => checkPortsApart({ ...CHOICES, port: 9_000, linkPort: 65_530 })).toThrow(
    "links of node 2 would have port 65536: give a lower --link-port",
  );
});
