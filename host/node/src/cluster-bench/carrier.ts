/** What became of a frame: agreed on and durable; refused, nothing of it done; or nobody knows. */
export type Fate = "done" | "refused" | "unknown";

/** What a carrier's member has to say of a frame. */
export interface Told {
  readonly fate: Fate;
  /** Why, where it was refused. */
  readonly reason: string;
}

/** Something that replicates frames on several processes of this machine: a cluster of ours, or a peer to compare with. */
export interface Carrier extends AsyncDisposable {
  readonly name: string;
  /** How what was acknowledged is on disks, in words. */
  readonly durability: string;
  readonly processes: number;
  /** Frames that keep it busy: what a closed loop has under way. */
  readonly window: number;
  /** Sends a frame and calls back once with what became of it. */
  send(frame: Uint8Array, told: (told: Told) => void): void;
  /** Processor time that its processes have used, in seconds. */
  cpuSeconds(): number;
}
