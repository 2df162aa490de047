import { DUE, UNSETTLED, getTouches, putOnAgenda, takeOffAgenda } from "./agenda";
import { EXPIRED } from "./codes";
import { emitCanceled } from "./events";
import {
  ACTIVATIONS_MAX,
  ACTIVATION_TOUCHES_MIN,
  DUE_MAX,
  NODE_KEY,
  ROOT_EXPIRIES,
  ROOT_NEXT_DUE,
  ROOT_NOW_MS,
  ROOT_RIPE_HEAD,
  SPECIAL_DISPLAY,
  SPECIAL_EXPIRY,
  SPECIAL_SLOT,
  SPECIAL_TERMS,
  TOUCHES_MAX,
} from "./memory";
import { idOf, removeAnyOrder } from "./orders";
import { orderAt } from "./root";
import { takeRipe } from "./specials";
import { admit } from "./trading";
import { firstNode } from "./tree";
import { watchPrices } from "./triggers";

// What happens around each command, without being asked for by it.

/** Finds what is left over from earlier commands, or due by now. */
@inline
export function openAgenda(): void {
  if (load<u64>(ROOT_NEXT_DUE) <= load<u64>(ROOT_NOW_MS)) putOnAgenda(DUE);
  if (load<u32>(ROOT_RIPE_HEAD) != 0) putOnAgenda(UNSETTLED);
}

/** Ends the orders whose time is over, as many as may end before one command: matching.md §3.3. */
export function attendDue(): void {
  const now = load<u64>(ROOT_NOW_MS);
  for (let count: u32 = 0; count < DUE_MAX; count++) {
    const node = firstNode(ROOT_EXPIRIES);
    const expires = node == 0 ? u64.MAX_VALUE : load<u64>(node, NODE_KEY);
    store<u64>(ROOT_NEXT_DUE, expires);
    if (expires > now) return takeOffAgenda(DUE);
    const order = orderAt(load<u32>(node - SPECIAL_EXPIRY, SPECIAL_SLOT));
    const id = idOf(order);
    emitCanceled(EXPIRED, id, removeAnyOrder(order));
  }
}

/** Lets what the command has caused happen, as far as one command may: matching.md §3.2. */
export function settle(): void {
  watchPrices();
  for (let count: u32 = 0; count < ACTIVATIONS_MAX; count++) {
    const record = <usize>load<u32>(ROOT_RIPE_HEAD);
    if (record == 0 || TOUCHES_MAX - getTouches() < ACTIVATION_TOUCHES_MIN) break;
    takeRipe(record);
    const order = orderAt(load<u32>(record, SPECIAL_SLOT));
    const expires = load<u64>(record + SPECIAL_EXPIRY, NODE_KEY);
    admit(record + SPECIAL_TERMS, order, load<u64>(record, SPECIAL_DISPLAY), expires);
    watchPrices();
  }
  if (load<u32>(ROOT_RIPE_HEAD) == 0) takeOffAgenda(UNSETTLED);
}
