import { Fault } from "@rialto/base";
import { once } from "node:events";
import { createServer } from "node:net";
import type { LocalClusterChoices } from "./local-cluster.ts";

// The ports of a cluster on this machine, looked at before anything is made: those of the links stand in the genesis for good.

export interface LocalPortsFaultDetail {
  readonly code: "CLUSTER_PORTS";
  readonly port: number;
}

const PORT_MAX = 65_535;
const HOST = "127.0.0.1";

interface Port {
  readonly what: string;
  readonly flag: string;
  readonly number: number;
}

function portsOf({ nodes, port, linkPort, metricsPort }: LocalClusterChoices): readonly Port[] {
  return Array.from({ length: nodes }, (_, node): readonly Port[] => [
    { what: `HTTP of node ${node}`, flag: "--port", number: port + node },
    { what: `links of node ${node}`, flag: "--link-port", number: linkPort + 3 * node },
    { what: `metrics of node ${node}`, flag: "--metrics-port", number: metricsPort + node },
  ]).flat();
}

/** Errors: CLUSTER_PORTS where two nodes, or two things of one, would have the same, or there is no such port; thrown. */
export function checkPortsApart(choices: LocalClusterChoices): void {
  const known = new Map<number, Port>();
  for (const each of portsOf(choices)) {
    const { what, flag, number } = each;
    if (number > PORT_MAX)
      throw fault(each, `${what} would have port ${number}: give a lower ${flag}`);
    const other = known.get(number);
    if (other !== undefined) {
      throw fault(
        each,
        `${other.what} and ${what} would have the same port, ${number}: give another ${flag}`,
      );
    }
    known.set(number, each);
  }
}

/** Errors: CLUSTER_PORTS where somebody listens already at one of them; what else the system says; thrown. */
export async function checkPortsFree(choices: LocalClusterChoices): Promise<void> {
  for (const each of portsOf(choices)) {
    const server = createServer().listen({ host: HOST, port: each.number, exclusive: true });
    try {
      await once(server, "listening");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
      const { what, flag, number } = each;
      throw fault(
        each,
        `port ${number}, for ${what}, is in use: stop what listens there, or give another ${flag}`,
      );
    }
    server.close();
    await once(server, "close");
  }
}

function fault({ number: port }: Port, message: string): Fault<LocalPortsFaultDetail> {
  return new Fault<LocalPortsFaultDetail>({ code: "CLUSTER_PORTS", port }, "error", message);
}
