import {
  ACCOUNTS,
  ACCOUNT_SHIFT_BYTES,
  ASSETS,
  ASSET_SHIFT,
  BALANCES,
  SEAT_BLOCKS,
  SEAT_BLOCK_BYTES,
  OTHER_ROW_BYTES,
  ROOT_OTHER_ROWS,
  ROW_INDEX,
  CLIENTS,
  CLIENT_IDS,
  FEE_SCHEDULES_MAX,
  LADDERS,
  MARKETS,
  MARKET_SHIFT,
  NAMES,
  NAME_SHIFT,
  NUMBERS,
  ORDERS,
  OWNERS,
  OWNER_SHIFT,
  ORDER_SHIFT,
  PAGES,
  PAGE_HEADS,
  PAGE_HEAD_SHIFT,
  PAGE_SHIFT,
  PROTECTIONS,
  PROTECTION_SHIFT,
  RARES,
  RARE_SHIFT,
  ROOT,
  ROOT_ACCOUNTS,
  ROOT_ASSETS,
  ROOT_BALANCES_SHIFT,
  ROOT_SEAT_BLOCKS_CUT,
  ROOT_BYTES,
  ROOT_CLIENTS_SHIFT,
  ROOT_LADDERS_END,
  ROOT_MARKETS,
  ROOT_NUMBERS_SHIFT,
  ROOT_PAGES_CUT,
  ROOT_SLOTS_USED,
  ROOT_SPECIALS_CUT,
  ROOT_PROTECTIONS_CUT,
  ROOT_VOLUMES_CUT,
  SCHEDULES,
  SCHEDULE_SHIFT,
  SPECIALS,
  SPECIAL_OF,
  SPECIAL_SHIFT,
  TERMS,
  TERMS_BYTES,
  VOLUMES,
  VOLUME_SHIFT,
} from "./memory";

// The parts of memory that hold state, for snapshots and for counting bytes: everything else is zero, or
// is written before it is read. Tables that only some exchanges use (client order ids, special orders, what markets
// need seldom, names of assets) count as far as anything in them was ever written.

export const REGIONS: u32 = 23;

export function regionStart(region: u32): u32 {
  switch (region) {
    case 0:
      return <u32>ROOT;
    case 1:
      return <u32>ORDERS;
    case 2:
      return <u32>CLIENT_IDS;
    case 3:
      return <u32>PAGES;
    case 4:
      return <u32>PAGE_HEADS;
    case 5:
      return <u32>ACCOUNTS;
    case 6:
      return <u32>BALANCES;
    case 7:
      return <u32>NUMBERS;
    case 8:
      return <u32>CLIENTS;
    case 9:
      return <u32>ASSETS;
    case 10:
      return <u32>MARKETS;
    case 11:
      return <u32>TERMS;
    case 12:
      return <u32>SPECIAL_OF;
    case 13:
      return <u32>SPECIALS;
    case 14:
      return <u32>RARES;
    case 15:
      return <u32>SCHEDULES;
    case 16:
      return <u32>OWNERS;
    case 17:
      return <u32>VOLUMES;
    case 18:
      return <u32>PROTECTIONS;
    case 19:
      return <u32>SEAT_BLOCKS;
    case 20:
      return <u32>ROW_INDEX;
    case 21:
      return <u32>LADDERS;
    default:
      return <u32>NAMES;
  }
}

export function regionBytes(region: u32): u32 {
  const slots = load<u32>(ROOT_SLOTS_USED) + 1;
  const pages = load<u32>(ROOT_PAGES_CUT);
  const markets = load<u32>(ROOT_MARKETS);
  switch (region) {
    case 0:
      return <u32>ROOT_BYTES;
    case 1:
      return slots << ORDER_SHIFT;
    case 2:
      return writtenBytes(CLIENT_IDS, slots << 3);
    case 3:
      return pages << PAGE_SHIFT;
    case 4:
      return pages << PAGE_HEAD_SHIFT;
    case 5:
      return (load<u32>(ROOT_ACCOUNTS) + 1) << ACCOUNT_SHIFT_BYTES;
    case 6:
      return (load<u32>(ROOT_OTHER_ROWS) + 1) * <u32>OTHER_ROW_BYTES;
    case 7:
      return (<u32>1) << (64 - load<u32>(ROOT_NUMBERS_SHIFT) + 2);
    case 8:
      return writtenBytes(CLIENTS, (<u32>1) << (64 - load<u32>(ROOT_CLIENTS_SHIFT) + 6));
    case 9:
      return load<u32>(ROOT_ASSETS) << ASSET_SHIFT;
    case 10:
      return markets << MARKET_SHIFT;
    case 11:
      return markets * <u32>TERMS_BYTES;
    case 12:
      return writtenBytes(SPECIAL_OF, slots << 2);
    case 13:
      return load<u32>(ROOT_SPECIALS_CUT) << SPECIAL_SHIFT;
    case 14:
      return writtenBytes(RARES, markets << RARE_SHIFT);
    case 15:
      return FEE_SCHEDULES_MAX << SCHEDULE_SHIFT;
    case 16:
      return (load<u32>(ROOT_ACCOUNTS) + 1) << OWNER_SHIFT;
    case 17:
      return load<u32>(ROOT_VOLUMES_CUT) << VOLUME_SHIFT;
    case 18:
      return load<u32>(ROOT_PROTECTIONS_CUT) << PROTECTION_SHIFT;
    case 19:
      return load<u32>(ROOT_SEAT_BLOCKS_CUT) * <u32>SEAT_BLOCK_BYTES;
    case 20:
      return (<u32>4) << (64 - load<u32>(ROOT_BALANCES_SHIFT));
    case 21:
      return load<u32>(ROOT_LADDERS_END) - <u32>LADDERS;
    default:
      return writtenBytes(NAMES, load<u32>(ROOT_ASSETS) << NAME_SHIFT);
  }
}

/** Of a table of `bytes`: those up to the last that is not zero, and up to 15 more, which lie in the table's region. */
function writtenBytes(start: usize, bytes: u32): u32 {
  let end = start + ((<usize>bytes + 15) & ~15);
  while (end != start && !v128.any_true(v128.load(end - 16))) end -= 16;
  return <u32>(end - start);
}
