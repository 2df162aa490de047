// What a node counts, read as its operator's tools read it.

type Labels = Readonly<Record<string, string>>;

/** Sum of a metric's values at `origin`, over all of its rows that have these labels; 0 without any. */
async function readMetric(origin: string, name: string, labels: Labels = {}): Promise<number> {
  const response = await fetch(`${origin}/metrics`);
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  let sum = 0;
  for (const line of (await response.text()).split("\n")) {
    const [, found, shown = "", value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (found === name && wanted.every((each) => shown.includes(each))) sum += Number(value);
  }
  return sum;
}

/** Requests so far for paths, socket addresses and methods that the node does not have. */
export async function countUnknownRoutes(origin: string): Promise<number> {
  return await readMetric(origin, "rialto_unknown_routes_total");
}

const POLL_MS = 20;
const POLL_TIMEOUT_MS = 10_000;

/** Waits until a metric is at least `least`. Errors: it is not within ten seconds. */
export async function untilMetric(
  origin: string,
  name: string,
  labels: Labels,
  least: number,
): Promise<void> {
  const endMs = performance.now() + POLL_TIMEOUT_MS;
  for (;;) {
    const value = await readMetric(origin, name, labels);
    if (value >= least) return;
    if (performance.now() > endMs) throw new Error(`${name} is ${value}, and not ${least}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
