/** Makes a function that may be called for every message, and runs `flush` at most once in a frame. */
export function createFrameFlush(flush: () => void): () => void {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      flush();
    });
  };
}
