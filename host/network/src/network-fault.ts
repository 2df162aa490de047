import { Fault, type Severity } from "@rialto/base";

/** Everything that opening a transport can report. What happens later to links are events, not faults. */
export type NetworkFaultDetail =
  | { readonly code: "NETWORK_ADDRESS_IN_USE"; readonly address: string }
  | { readonly code: "NETWORK_ADDRESS_INVALID"; readonly address: string; readonly reason: string }
  | { readonly code: "NETWORK_KEY_MISMATCH"; readonly member: number }
  | { readonly code: "NETWORK_KEY_REPEATED"; readonly member: number; readonly other: number };

export type NetworkFault = Fault<NetworkFaultDetail>;

const SEVERITY: Readonly<Record<NetworkFaultDetail["code"], Severity>> = {
  NETWORK_ADDRESS_IN_USE: "fatal",
  NETWORK_ADDRESS_INVALID: "fatal",
  NETWORK_KEY_MISMATCH: "fatal",
  NETWORK_KEY_REPEATED: "fatal",
};

/** A fault whose message tells the operator what to do. Pure. */
export function networkFault(detail: NetworkFaultDetail, cause?: unknown): NetworkFault {
  return new Fault(detail, SEVERITY[detail.code], messageOf(detail), cause);
}

function messageOf(detail: NetworkFaultDetail): string {
  switch (detail.code) {
    case "NETWORK_ADDRESS_IN_USE":
      return `${detail.address} is in use. Stop the process that listens there, or choose another port.`;
    case "NETWORK_ADDRESS_INVALID":
      return `${detail.address} is no address to listen at or to connect to: ${detail.reason}.`;
    case "NETWORK_KEY_MISMATCH":
      return `The key of this node is not the one that the committee has for member ${detail.member}.`;
    case "NETWORK_KEY_REPEATED":
      return `Members ${detail.other} and ${detail.member} of the committee have the same link key.`;
  }
}
