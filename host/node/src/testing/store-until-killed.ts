import { IncomingSnapshot } from "../cluster/snapshot/incoming-snapshot.ts";
import { testContent, testManifest } from "./snapshot-content.ts";

// Takes in half of a snapshot, chunk after chunk and over and over, and says which, until it is killed: however late that is, the
// other half is not there. Its argument is the directory.

const content = testContent();
const manifest = testManifest(content);
const incoming = new IncomingSnapshot(process.argv[2]!);
await incoming.begin(manifest);
for (let index = 0; ; index = (index + 1) % (manifest.chunks.length / 2)) {
  await incoming.store(index, content.chunk(index));
  process.stdout.write(`${index}\n`);
}
