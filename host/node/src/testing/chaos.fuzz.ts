import { parseArgs } from "node:util";
import { type ChaosReport, runChaos } from "./chaos.ts";

// npm run fuzz -- cluster [--seed N] [--episodes N] [--faults N] [--nodes N] [--profile crash|byzantine] [--json]: members as processes
// under load, killed, stopped, ended and started as the seed says; after each episode nothing acknowledged is missing and all
// members say the same. Exits 1 at the first difference.

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: "string", default: "1" },
    episodes: { type: "string", default: "10" },
    faults: { type: "string", default: "10" },
    nodes: { type: "string", default: "3" },
    profile: { type: "string", default: "crash" },
    json: { type: "boolean", default: false },
  },
});

function describe({ episodes, faults, placed, cancelled, unanswered }: ChaosReport): string {
  const each = [...faults].map(([name, count]) => `${name} ${count}`).join(", ");
  return (
    `${episodes} episodes, ${each}: ${placed} orders and ${cancelled} cancels acknowledged and found, ` +
    `${unanswered} without an answer`
  );
}

const report = await runChaos({
  nodes: Number(values.nodes),
  profile: values.profile === "byzantine" ? "byzantine" : "crash",
  seed: Number(values.seed),
  episodes: Number(values.episodes),
  faultsPerEpisode: Number(values.faults),
  onEpisode: (so) => console.error(describe(so)),
});
if (values.json)
  console.log(JSON.stringify({ ...report, faults: Object.fromEntries(report.faults) }));
else console.log(`${describe(report)}; members agree after each`);
