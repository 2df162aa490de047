// Which rows of a long table are drawn: those in sight, and some around them.

/** Rows by index, from the first up to the last but not with it. */
export interface RowWindow {
  readonly from: number;
  readonly to: number;
}

export interface RowsInSight {
  readonly count: number;
  /** The height of each row. */
  readonly rowPx: number;
  /** How far the rows are scrolled up, and how much of them can be seen at a time. */
  readonly scrollPx: number;
  readonly heightPx: number;
  /** Rows that something holds on to, as the focus or a selection does. */
  readonly held: readonly number[];
}

/** Rows that are drawn for the sake of one that is held, beyond those in sight; what is held farther off is let go of. */
export const HELD_ROWS_MAX = 200;

/** The rows to be drawn: a screen of them on either side of those in sight, so that keys and wheels always find some. Pure. */
export function windowOf({ count, rowPx, scrollPx, heightPx, held }: RowsInSight): RowWindow {
  const screen = Math.ceil(heightPx / rowPx) + 1;
  // More may be scrolled than there is, until the page has taken in that rows have gone.
  const first = Math.max(0, Math.min(Math.floor(scrollPx / rowPx), count - screen));
  const near = held.filter((index) => Math.abs(index - first) <= HELD_ROWS_MAX);
  return {
    from: Math.max(0, Math.min(first - screen, ...near)),
    to: Math.min(count, Math.max(first + 2 * screen, ...near.map((index) => index + 1))),
  };
}

/**
 * How many rows have come before what is in sight, so that as many more have to be scrolled for the same ones to stay there. Below 0
 * where some have gone. Pure.
 *
 * Shape    lists of keys of rows; `first` is the index of the first one in sight before, `inSight` how many are
 */
export function rowsBefore<K>(
  before: readonly K[],
  after: readonly K[],
  first: number,
  inSight: number,
): number {
  for (let index = first; index < Math.min(before.length, first + inSight); index++) {
    const now = after.indexOf(before[index]!);
    if (now >= 0) return now - index;
  }
  return 0;
}
