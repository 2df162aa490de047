/** How long a page that is not seen, of which no frames are drawn, goes without: its title tells the last price. */
const UNSEEN_MS = 1_000;

/** Makes a function that may be called for every message, and runs `flush` at most once in a frame. */
export function createFrameFlush(flush: () => void): () => void {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    const run = (): void => {
      clearTimeout(timer);
      cancelAnimationFrame(frame);
      isDue = false;
      flush();
    };
    const timer = setTimeout(run, UNSEEN_MS);
    const frame = requestAnimationFrame(run);
  };
}
