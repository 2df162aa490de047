/** Groups of 16 bits of an IPv6 address, and of its network. */
const IPV6_GROUPS = 8;
const NETWORK_GROUPS = 4;

/** Who an address counts as: who has one of IPv6 has all of its network of 64 bits, which therefore counts as one. */
export function clientOf(address: string): string {
  if (!address.includes(":")) return address;
  const [front = "", back] = address.split("::");
  const groups = front === "" ? [] : front.split(":");
  const backCount = back === undefined || back === "" ? 0 : back.split(":").length;
  // Of an address with a gap, the groups that it leaves out are zeros.
  while (groups.length < IPV6_GROUPS - backCount) groups.push("0");
  const network = [...groups, ...(back ?? "").split(":")].slice(0, NETWORK_GROUPS);
  return `${network.join(":")}::/64`;
}
