import { accountExists } from "./accounts";
import { noteBook } from "./auction";
import { DEADLINE, EVENT_DEADLINE_PASSED, MALFORMED, UNKNOWN_ACCOUNT } from "./codes";
import { emitCanceled, emitDeadlineSet, emitIndex, emitRejected } from "./events";
import {
  DEADLINE_MS_MAX,
  NODE_KEY,
  NODE_SEQUENCE,
  OWNER_DEADLINE,
  ROOT_DEADLINES,
  ROOT_NEXT_DUE,
  ROOT_NOW_MS,
} from "./memory";
import { idOf, removeAnyOrder } from "./orders";
import { gatherOwned, gathered } from "./owned";
import { marketOfOrder } from "./specials";
import { ownerAt } from "./root";
import { insertNode, removeNode } from "./tree";

// The dead-man switch: matching.md §2.14.

/** SET_DEADLINE. */
export function setDeadline(at: usize): void {
  const account = load<u32>(at, 8);
  const timeout = load<u64>(at, 16);
  if (timeout > DEADLINE_MS_MAX) return emitRejected(MALFORMED, 0);
  if (!accountExists(account)) return emitRejected(UNKNOWN_ACCOUNT, 0);
  clearDeadline(account);
  let deadline: u64 = 0;
  if (timeout != 0) {
    deadline = load<u64>(ROOT_NOW_MS) + timeout;
    const node = ownerAt(account) + OWNER_DEADLINE;
    store<u64>(node, deadline, NODE_KEY);
    store<u64>(node, account, NODE_SEQUENCE);
    insertNode(ROOT_DEADLINES, node);
    if (deadline < load<u64>(ROOT_NEXT_DUE)) store<u64>(ROOT_NEXT_DUE, deadline);
  }
  emitDeadlineSet(account, deadline);
}

function clearDeadline(account: u32): void {
  const node = ownerAt(account) + OWNER_DEADLINE;
  if (load<u64>(node, NODE_KEY) == 0) return;
  removeNode(ROOT_DEADLINES, node);
  store<u64>(node, 0, NODE_KEY);
}

/** Ends the orders of an account whose deadline has passed, the lowest slot first, and says so. */
export function attendDeadline(account: u32): void {
  const owned = gatherOwned(account);
  for (let each: u32 = 0; each < owned; each++) {
    const order = gathered(each);
    const id = idOf(order);
    const market = marketOfOrder(order);
    emitCanceled(DEADLINE, id, removeAnyOrder(order));
    noteBook(market);
  }
  clearDeadline(account);
  emitIndex(EVENT_DEADLINE_PASSED, 0, account);
}
