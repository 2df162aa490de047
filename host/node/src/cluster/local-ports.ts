import { Fault } from "@rialto/base";
import { once } from "node:events";
import { createServer } from "node:net";
import type { LocalClusterChoices } from "./local-cluster.ts";

// The ports of a cluster on this machine, looked at before anything is made: those of the links stand in the genesis for good.

export interface LocalPortsFaultDetail {
  /** Chosen so that it cannot be; or in use by somebody else. */
  readonly code: "CLUSTER_PORTS_UNFIT" | "CLUSTER_PORTS";
  readonly port: number;
}

export const PORT_MAX = 65_535;
/**
 * Ports at which no browser, and no `fetch`, asks for anything: a node that listens there would look dead.
 *
 * Source   Fetch standard, "port blocking"; those that the flags take.
 */
export const BLOCKED_PORTS: ReadonlySet<number> = new Set([
  1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
  103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465,
  512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993,
  995, 1_719, 1_720, 1_723, 2_049, 3_659, 4_045, 4_190, 5_060, 5_061, 6_000, 6_566, 6_665, 6_666,
  6_667, 6_668, 6_669, 6_679, 6_697, 10_080,
]);
const HOST = "127.0.0.1";
const HTTP_FLAG = "--port";

interface Port {
  readonly what: string;
  readonly flag: string;
  readonly number: number;
}

/** Of the nodes from `first` on. */
function portsOf(
  { nodes, port, linkPort, metricsPort }: LocalClusterChoices,
  first: number = 0,
): readonly Port[] {
  return Array.from({ length: nodes }, (_, node): readonly Port[] => [
    { what: `HTTP of node ${node}`, flag: HTTP_FLAG, number: port + node },
    { what: `links of node ${node}`, flag: "--link-port", number: linkPort + 3 * node },
    { what: `metrics of node ${node}`, flag: "--metrics-port", number: metricsPort + node },
  ])
    .slice(first)
    .flat();
}

export function isUnfitPorts(error: unknown): error is Fault<LocalPortsFaultDetail> {
  return error instanceof Fault && error.detail.code === "CLUSTER_PORTS_UNFIT";
}

/** Errors: CLUSTER_PORTS_UNFIT where two nodes, or two things of one, would have the same, or nobody could ask there; thrown. */
export function checkPortsApart(choices: LocalClusterChoices): void {
  const known = new Map<number, Port>();
  const unfit = (each: Port, message: string): never => {
    throw fault("CLUSTER_PORTS_UNFIT", each, message);
  };
  for (const each of portsOf(choices)) {
    const { what, flag, number } = each;
    if (number > PORT_MAX) unfit(each, `${what} would have port ${number}: give a lower ${flag}`);
    if (flag === HTTP_FLAG && BLOCKED_PORTS.has(number)) {
      const why = "where no browser asks for anything";
      unfit(each, `${what} would have port ${number}, ${why}: give another ${flag}`);
    }
    const other = known.get(number);
    if (other !== undefined) {
      unfit(
        each,
        `${other.what} and ${what} would have the same port, ${number}: give another ${flag}`,
      );
    }
    known.set(number, each);
  }
}

/**
 * Looks at the ports of the nodes from `first` on. Errors: CLUSTER_PORTS where somebody listens already at one of them; what else the
 * system says; thrown.
 */
export async function checkPortsFree(
  choices: LocalClusterChoices,
  first: number = 0,
): Promise<void> {
  for (const each of portsOf(choices, first)) {
    const server = createServer().listen({ host: HOST, port: each.number, exclusive: true });
    try {
      await once(server, "listening");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
      const { what, flag, number } = each;
      throw fault(
        "CLUSTER_PORTS",
        each,
        `port ${number}, for ${what}, is in use: stop what listens there, or give another ${flag}`,
      );
    }
    server.close();
    await once(server, "close");
  }
}

function fault(
  code: LocalPortsFaultDetail["code"],
  { number: port }: Port,
  message: string,
): Fault<LocalPortsFaultDetail> {
  return new Fault<LocalPortsFaultDetail>({ code, port }, "error", message);
}
