// The whole state of the exchange lies in one linear memory, in regions at fixed addresses: constant
// addresses fold into the load and store instructions, and a snapshot is a copy. Memory that was
// never touched costs address space only.
//
//   0x0000_8000  ahead      scratch of ahead.ts
//   0x0001_0000  root       counters, free lists, capacities
//   0x0001_1000  schedules  16 x 256 B, fee schedules
//   0x0010_0000  commands   in, 1 MiB
//   0x0020_0000  events     out, 4 MiB
//   0x0060_0000  answers    out, 1 MiB: results of queries, pieces of the state stream
//   0x0070_0000  gathered   scratch of owned.ts, 256 KiB
//   0x0100_0000  orders     2^22 x 32 B, by slot
//   0x0901_0200  clientIds  2^22 x 8 B, by slot
//   0x0b02_0400  pages      2^20 x 64 B: eight price levels each
//   0x1303_0600  pageHeads  2^20 x 8 B
//   0x1384_0800  accounts   2^20 x 64 B, by account index, each with its first two balance rows
//   0x1785_0a00  balances   2^22 x 24 B, the other rows, by number
//   0x1d86_0b00  rowIndex   2^23 x 4 B, buckets of four cells by (account, asset)
//   0x1f86_0c00  numbers    2^21 x 4 B, open addressing by account number
//   0x2007_0e00  clients    2^19 x 64 B, buckets by (account, client order id)
//   0x2208_1000  assets     2^20 x 16 B
//   0x2309_1200  markets    2^20 x 128 B, what trading reads
//   0x2b0a_1400  terms      2^20 x 96 B, the listing records
//   0x310b_1600  specialOf  2^22 x 4 B, by slot: address of a special order's record
//   0x320c_1800  specials   2^20 x 256 B, records of special orders
//   0x420d_1a00  rares      2^20 x 256 B, by market: what few markets need
//   0x520e_1c00  owners     2^20 x 64 B, by account: what few accounts need
//   0x560f_1e00  volumes    2^18 x 256 B, what accounts have traded
//   0x5a10_2000  protections 2^16 x 64 B, of market makers
//   0x5b12_2400  names      2^20 x 32 B, by asset: the records that named them
//   0x6011_2200  seatBlocks 2^22 x 64 B, seats for accounts' orders
//   0x7020_0000  ladders    page tables and bitmaps in pieces (blocks.ts), growing to the end of memory
//
// No two regions begin at addresses that differ in high bits alone: processors look for a line in their first cache by
// some of the low ones (AMD by 12 to 27; Lipp and others, Take A Way, 2020), and lines that look alike there push each
// other out, however much room there is. What every command reads lies at the beginning of a region.
//
// Links between orders and levels are byte addresses, so an order and a level can stand in the same
// circular list: both keep `next` at 0 and `prev` at 4.

export const AHEAD: usize = 0x0000_8000;
export const ROOT: usize = 0x0001_0000;
export const SCHEDULES: usize = 0x0001_1000;
export const COMMANDS: usize = 0x0010_0000;
export const COMMANDS_BYTES: u32 = 0x0010_0000;
export const EVENTS: usize = 0x0020_0000;
export const EVENTS_BYTES: u32 = 0x0040_0000;
export const ANSWERS: usize = 0x0060_0000;
export const ANSWERS_BYTES: u32 = 0x0010_0000;
export const GATHERED: usize = 0x0070_0000;
export const ORDERS: usize = 0x0100_0000;
export const CLIENT_IDS: usize = 0x0901_0200;
export const PAGES: usize = 0x0b02_0400;
export const PAGE_HEADS: usize = 0x1303_0600;
export const ACCOUNTS: usize = 0x1384_0800;
export const BALANCES: usize = 0x1785_0a00;
export const ROW_INDEX: usize = 0x1d86_0b00;
export const NUMBERS: usize = 0x1f86_0c00;
export const CLIENTS: usize = 0x2007_0e00;
export const ASSETS: usize = 0x2208_1000;
export const MARKETS: usize = 0x2309_1200;
export const TERMS: usize = 0x2b0a_1400;
export const SPECIAL_OF: usize = 0x310b_1600;
export const SPECIALS: usize = 0x320c_1800;
export const RARES: usize = 0x420d_1a00;
export const OWNERS: usize = 0x520e_1c00;
export const VOLUMES: usize = 0x560f_1e00;
export const PROTECTIONS: usize = 0x5a10_2000;
export const NAMES: usize = 0x5b12_2400;
export const SEAT_BLOCKS: usize = 0x6011_2200;
export const LADDERS: usize = 0x7020_0000;

// Root: one record of counters. Everything that must survive a snapshot is here, not in globals.
export const ROOT_NOW_MS: usize = ROOT + 0; // u64
export const ROOT_COMMANDS: usize = ROOT + 8; // u64, executed so far
export const ROOT_ASSETS: usize = ROOT + 16; // u32, count
export const ROOT_ACCOUNTS: usize = ROOT + 20; // u32, count
export const ROOT_MARKETS: usize = ROOT + 24; // u32, count
export const ROOT_GUARDED: usize = ROOT + 28; // u32, markets that are Halted, in an Auction, or have pegged orders: their cancels are looked at
export const ROOT_SLOTS_USED: usize = ROOT + 32; // u32, order slots ever used
export const ROOT_SLOT_FREE: usize = ROOT + 36; // u32, top of the stack of free slots, 0 for none
export const ROOT_SLOTS_FREE: usize = ROOT + 40; // u32, slots on the stack
export const ROOT_SLOTS_USED_UP: usize = ROOT + 44; // u32, slots that had their last generation
export const ROOT_PAGES_CUT: usize = ROOT + 48; // u32, pages ever used
export const ROOT_PAGE_FREE: usize = ROOT + 52; // u32, address of the first free page, 0 for none
export const ROOT_PAGES_USED: usize = ROOT + 56; // u32, pages in use
export const ROOT_BALANCES: usize = ROOT + 60; // u32, rows in use
export const ROOT_LADDER_ENTRIES: usize = ROOT + 64; // u32, entries in use
export const ROOT_LADDERS_END: usize = ROOT + 68; // u32, address
export const ROOT_ORDERS_MAX: usize = ROOT + 72; // u32, and so on: the capacities, to ROOT_VOLUMES_MAX
export const ROOT_PAGES_MAX: usize = ROOT + 76;
export const ROOT_ACCOUNTS_MAX: usize = ROOT + 80;
export const ROOT_BALANCES_MAX: usize = ROOT + 84;
export const ROOT_ASSETS_MAX: usize = ROOT + 88;
export const ROOT_MARKETS_MAX: usize = ROOT + 92;
export const ROOT_LADDER_ENTRIES_MAX: usize = ROOT + 96;
export const ROOT_ACCOUNT_ORDERS_MAX: usize = ROOT + 100;
export const ROOT_SPECIALS_MAX: usize = ROOT + 104;
export const ROOT_VOLUMES_MAX: usize = ROOT + 108;
export const ROOT_CLIENTS_SHIFT: usize = ROOT + 112; // u32, 64 - log2 of the client table's buckets
export const ROOT_SUSPENDED: usize = ROOT + 116; // u32, 1 while the operator has stopped all trading
export const ROOT_HASH_KEY: usize = ROOT + 120; // u64, odd
export const ROOT_EVENT_BYTES: usize = ROOT + 128; // u32, not state: what the last `execute` tells its caller
export const ROOT_BALANCES_SHIFT: usize = ROOT + 136; // u32, 64 - log2 of the row index's cells
export const ROOT_SPECIALS: usize = ROOT + 140; // u32, in use
export const ROOT_SPECIAL_SEQUENCE: usize = ROOT + 144; // u64, of the next special order
export const ROOT_SPECIALS_CUT: usize = ROOT + 152; // u32, records ever used
export const ROOT_SPECIAL_FREE: usize = ROOT + 156; // u32, address of the first free record, 0 for none
export const ROOT_EXPIRIES: usize = ROOT + 160; // u32, tree of the orders that have an end
export const ROOT_RIPE_HEAD: usize = ROOT + 164; // u32, record: queue of orders whose price has come
export const ROOT_RIPE_TAIL: usize = ROOT + 168; // u32
export const ROOT_NOTED: usize = ROOT + 172; // u32, tree of markets to look at before the command is done, or after the next if their pegged orders are to move then
export const ROOT_NEXT_DUE: usize = ROOT + 176; // u64, nothing is due before
export const ROOT_UNCROSSINGS: usize = ROOT + 184; // u32, tree of markets whose uncrossing has begun
export const ROOT_MARKET_TIMERS: usize = ROOT + 188; // u32, tree
export const ROOT_BOOKS: usize = ROOT + 192; // u32, tree of auctions whose books have changed in this command
export const ROOT_NEWS_HEAD: usize = ROOT + 196; // u32, record: queue of orders that others of their lists end or begin
export const ROOT_NEWS_TAIL: usize = ROOT + 200; // u32
export const ROOT_NUMBERS_SHIFT: usize = ROOT + 204; // u32, 64 - log2 of the number table's cells
export const ROOT_VOLUMES: usize = ROOT + 208; // u32, in use
export const ROOT_VOLUMES_CUT: usize = ROOT + 212; // u32, records ever used
export const ROOT_VOLUME_FREE: usize = ROOT + 216; // u32, address of the first free record, 0 for none
export const ROOT_DEADLINES: usize = ROOT + 220; // u32, tree of the accounts that have one
export const ROOT_PROTECTIONS: usize = ROOT + 224; // u32, in use
export const ROOT_PROTECTIONS_CUT: usize = ROOT + 228; // u32, records ever used
export const ROOT_PROTECTION_FREE: usize = ROOT + 232; // u32, address of the first free record, 0 for none
export const ROOT_TRIPPED_HEAD: usize = ROOT + 236; // u32, queue of protections whose orders are to end
export const ROOT_TRIPPED_TAIL: usize = ROOT + 240; // u32
export const ROOT_SEAT_BLOCKS_CUT: usize = ROOT + 244; // u32, blocks ever used
export const ROOT_SEAT_BLOCK_FREE: usize = ROOT + 248; // u32, address of the first free block, 0 for none
export const ROOT_LADDERS_RESERVED: usize = ROOT + 252; // u32, address: what ladders may ever take
export const ROOT_BLOCKS_FREE: usize = ROOT + 256; // u32 x 5, lists of free pieces of 16 to 256 bytes
export const ROOT_OTHER_ROWS: usize = ROOT + 280; // u32, rows that do not lie beside their accounts
export const ROOT_NO_TABLE: usize = ROOT + 288; // 16 zero bytes: the page table of a side that never had an order
export const ROOT_BYTES: usize = 304;

// Order, 32 bytes: half a cache line, so none straddles two.
//
//    0      4      8                      16      20            24          28          32
//   +------+------+----------------------+-------+-------------+-----------+-----------+
//   | next | prev | lots:40 | account:24 | level | stamp       | seat      | payRow    |
//   +------+------+----------------------+-------+-------------+-----------+-----------+
//
// next, prev: towards younger and older orders of the level, byte addresses; a free slot's `next` is
// the slot below it on the stack. stamp: generation in the low 29 bits, then side, hasClientId, free.
// seat: address of the seat that holds its slot among its account's. payRow: address of the balance row that it pays
// from; of an order in no level, nothing.
export const ORDER_BYTES: usize = 32;
export const ORDER_SHIFT: u32 = 5;
export const ORDER_NEXT: usize = 0;
export const ORDER_PREV: usize = 4;
export const ORDER_LOTS: usize = 8;
export const ORDER_LEVEL: usize = 16;
export const ORDER_STAMP: usize = 20;
export const ORDER_SEAT: usize = 24;
export const ORDER_PAY_ROW: usize = 28;
export const LOTS_MASK: u64 = (1 << 40) - 1;
// The account's field has room above the accounts there are: its top bit says that the order is special, and so
// does the sign of the whole word.
export const ACCOUNT_MASK: u32 = 0x007f_ffff;
export const SPECIAL_ACCOUNT: u32 = 0x0080_0000;
export const ACCOUNT_SHIFT: u64 = 40;
export const GENERATION_MASK: u32 = 0x1fff_ffff;
export const STAMP_SIDE_SHIFT: u32 = 29;
export const STAMP_CLIENT: u32 = 0x4000_0000;
export const STAMP_CLIENT_SHIFT: u32 = 30;
export const STAMP_FREE: u32 = 0x8000_0000;
export const SLOT_BITS: u64 = 24;
export const SLOT_MASK: u32 = 0x00ff_ffff;

// Level, 8 bytes: the sentinel of its circular list. An empty level points at itself. Its lots are those of its orders,
// added up where somebody asks: a total would have to be kept by every order that comes or goes.
//
//    0      4      8
//   +------+------+
//   | next | prev |      next: the oldest order; prev: the youngest
//   +------+------+
export const LEVEL_NEXT: usize = 0;
export const LEVEL_PREV: usize = 4;
export const LEVEL_SHIFT: u32 = 3;

// Page, 64 bytes: eight levels, a cache line. Two neighbours are a whole page: what matching.md §1 calls a
// page, and what is counted.
export const PAGE_SHIFT: u32 = 6;
export const PAGE_BYTES: usize = 64;
export const LEVELS_PER_PAGE: u32 = 8;
export const PAGE_TICKS_SHIFT: u32 = 3;
export const WHOLE_PAGE_TICKS_SHIFT: u32 = 4;

// Page head, 8 bytes.
//
//    0           3           4      8
//   +-----------+-----------+------+
//   | market:24 | occupancy | base |
//   +-----------+-----------+------+
//
// base: the page's first tick, with the side in the top bit. occupancy: a bit for each level that
// holds an order.
export const PAGE_HEAD_SHIFT: u32 = 3;
export const PAGE_MARKET: usize = 0;
export const PAGE_BASE: usize = 4;
export const PAGE_OCCUPANCY: usize = 3;
export const PAGE_SIDE_SHIFT: u32 = 31;
export const PAGE_TICK_MASK: u32 = 0x7fff_ffff;

// Account, 64 bytes: one cache line holds what a trader of two assets needs.
//
//    0            4           8         12        16       32     48     64
//   +------------+-----------+---------+---------+--------+------+------+
//   | openOrders | seatBlock | asset 1 | asset 2 | seats  | row1 | row2 |
//   +------------+-----------+---------+---------+--------+------+------+
//
// openOrders: its top bit says that the account may not place orders, so that one comparison with the most orders an
// account may have finds both. seats: slots of four open orders, 0 for none. seatBlock: address of the first block of
// seats for more, or 0. asset 1, 2: whose rows are here, NO_ASSET for none yet; an account fills the first before the
// second and both before it has any row elsewhere.
export const ACCOUNT_SHIFT_BYTES: u32 = 6;
export const ACCOUNT_OPEN_ORDERS: usize = 0;
export const ACCOUNT_BLOCKED_BIT: u32 = 0x8000_0000;
export const ACCOUNT_SEAT_BLOCK: usize = 4;
export const ACCOUNT_ASSETS: usize = 8;
export const ACCOUNT_SEATS: usize = 16;
export const ACCOUNT_ROWS: usize = 32;
export const NO_ASSET: u32 = 0xffff_ffff;

// Seat block, 64 bytes: seats for thirteen of an account's orders.
//
//    0      4      8       12           64
//   +------+------+-------+------------+
//   | next | prev | free  | seats[13]  |      next, prev: blocks of the same account, a circle; of a free block only next
//   +------+------+-------+------------+      free: a bit for each seat that is
export const SEAT_BLOCK_BYTES: usize = 64;
export const SEAT_BLOCK_NEXT: usize = 0;
export const SEAT_BLOCK_PREV: usize = 4;
export const SEAT_BLOCK_FREE: usize = 8;
export const SEAT_BLOCK_SEATS: usize = 12;
export const SEATS_PER_BLOCK: u32 = 13;
export const ALL_SEATS_FREE: u32 = 0x1fff;

// Row, 16 bytes: available u64, reserved u64.
export const ROW_AVAILABLE: usize = 0;
export const ROW_RESERVED: usize = 8;
export const ROW_BYTES: usize = 16;

// Other row, 24 bytes: one that does not lie beside its account. Nothing is ever deleted, so a row's address is for ever.
// They are numbered from 1; the row index has the number of each, by (account, asset).
//
//    0     16                                24
//   +-----+----------+------------+---------+
//   | row | asset:20 | account:20 | next:24 |     next: number of the account's next row, or 0
//   +-----+----------+------------+---------+
export const OTHER_ROW_BYTES: usize = 24;
export const OTHER_ROW_KEY: usize = 16;
export const ROW_KEY_MASK: u64 = (1 << 40) - 1;
export const ROW_NEXT_SHIFT: u64 = 40;

// Asset, 16 bytes: issued u64, fees u64.
export const ASSET_SHIFT: u32 = 4;
export const ASSET_ISSUED: usize = 0;
export const ASSET_FEES: usize = 8;

// Name, 32 bytes: the ADD_ASSET record as it came; all 0 for an asset without a name.
export const NAME_SHIFT: u32 = 5;
export const NAME_BYTES: usize = 32;
export const NAME_DECIMALS: usize = 1;
export const NAME_SYMBOL: usize = 8;
export const NAME_LETTERS: usize = 20;
export const ASSET_DECIMALS_MAX: u32 = 18;

// Market, 128 bytes, two cache lines: what an order reads that waits, and what else trading reads. Pairs are indexed by
// side: bids, then asks.
//
//    0         8        16         20          24              32          40         48      52         56        64
//   +---------+--------+----------+-----------+---------------+-----------+----------+-------+----------+---------+
//   | best[2] | tab[2] | priceLow | priceHigh | tickLotQuanta | lotQuanta | asset[2] | quick | lotsSafe | head[2] |
//   +---------+--------+----------+-----------+---------------+-----------+----------+-------+----------+---------+
//    64         72         76         80     84      88       96        104       108      112        116     120           128
//   +----------+----------+----------+------+-------+--------+---------+---------+--------+----------+-------+-------------+
//   | level[2] | makerPpm | takerPpm | last | state | trades | bits[2] | entries | bandUp | bandDown | watch | uncrossFrom |
//   +----------+----------+----------+------+-------+--------+---------+---------+--------+----------+-------+-------------+
//
// best: price in ticks, 0 and 2^32 - 1 for an empty side; level: its address, 0 if none; head: lots of its first order
// (heads.ts). tab: page tables (tables.ts). entries: whole pages that the prices of the market may need. priceLow, priceHigh: the terms' range cut
// by the band.
// quick: lotsMin in the low 26 bits, above them a shift that leaves nothing of a notional below notionalMin (nor of some
// that are not). lotsSafe: up to here lots pass lotsMax, and at any price notionalMax, without a look; 0 while the market
// is not in Trading or all trading is stopped, or if lotsMin is longer than its bits.
// state: in the low byte; MARKET_SUSPENDED beside it while all trading is stopped, so that one comparison with
// Trading finds both.
// watch: a bit for each rare thing that trading here has to look out for. uncrossFrom: its trades when it began to uncross.
// asset: base, quote; a buy receives asset[0] and pays asset[1], a sell the other way round.
export const MARKET_SHIFT: u32 = 7;
export const MARKET_INDEX_MASK: u32 = 0x000f_ffff; // whatever it leaves of a number is in the region
export const MARKET_BEST: usize = 0;
export const MARKET_TABLE: usize = 8;
export const MARKET_PRICE_LOW: usize = 16;
export const MARKET_PRICE_HIGH: usize = 20;
export const MARKET_TICK_LOT_QUANTA: usize = 24;
export const MARKET_LOT_QUANTA: usize = 32;
export const MARKET_ASSET: usize = 40;
export const MARKET_QUICK: usize = 48;
export const QUICK_SHIFT: u32 = 26;
export const QUICK_LOTS_MASK: u32 = (1 << QUICK_SHIFT) - 1;
export const MARKET_LOTS_SAFE: usize = 52;
export const LOTS_SAFE_MAX: u64 = 0xffff_ffff;
export const MARKET_HEAD: usize = 56;
export const HEAD_LONG: u64 = 0x7fff_ffff; // so many lots or more: the order has their number
export const MARKET_LEVEL: usize = 64;
export const MARKET_MAKER_PPM: usize = 72;
export const MARKET_TAKER_PPM: usize = 76;
export const MARKET_LAST: usize = 80;
export const MARKET_STATE: usize = 84;
export const MARKET_SUSPENDED: u32 = 0x100;
export const MARKET_TRADES: usize = 88;
export const MARKET_BITS: usize = 96;
export const MARKET_ENTRIES: usize = 104;
export const MARKET_BAND_UP: usize = 108;
export const MARKET_BAND_DOWN: usize = 112;
export const MARKET_WATCH: usize = 116;
export const MARKET_UNCROSS_FROM: usize = 120;
export const WATCH_LAST: u32 = 1; // an order waits for a price of the last trade
export const WATCH_QUOTE: u32 = 2; // an order waits for a best price
export const WATCH_HIDDEN: u32 = 4; // an iceberg, or an order that rests unseen, has been here
export const WATCH_GUARD: u32 = 8; // it has a guard
export const WATCH_PEGS: u32 = 16; // it has pegged orders
export const WATCH_DARK: u32 = 32; // it has orders that rest unseen
export const WATCH_OUTER: u32 = 64; // it has pegged orders, and among them some that stood before all others
export const NO_BID: u32 = 0;
export const NO_ASK: u32 = 0xffff_ffff;

// Terms, 96 bytes: the LIST_MARKET record as it came, its state kept up to date.
export const TERMS_BYTES: usize = 96;
export const TERMS_STATE: usize = 1;
export const TERMS_KEPT: usize = 2; // of CHANGE_MARKET: u16, a bit for each term that stays; else 0
export const TERMS_BASE: usize = 8;
export const TERMS_QUOTE: usize = 12;
export const TERMS_PRICE_MIN: usize = 16;
export const TERMS_PRICE_MAX: usize = 20;
export const TERMS_LOT_QUANTA: usize = 24;
export const TERMS_TICK_LOT_QUANTA: usize = 32;
export const TERMS_LOTS_MIN: usize = 40;
export const TERMS_LOTS_MAX: usize = 48;
export const TERMS_NOTIONAL_MIN: usize = 56;
export const TERMS_NOTIONAL_MAX: usize = 64;
export const TERMS_MAKER_PPM: usize = 72;
export const TERMS_TAKER_PPM: usize = 76;
export const TERMS_BAND_UP: usize = 80;
export const TERMS_BAND_DOWN: usize = 84;
export const TERMS_REFERENCE: usize = 88;
export const TERMS_MARKET: usize = 92; // of CHANGE_MARKET: the market; of LIST_MARKET as it comes: its number and 1, or 0; else 0

// Rare, 256 bytes: what a market needs when somebody uses what few use.
//
//    0          24       28          32           34         36      38          40        48      64
//   +----------+--------+-----------+------------+----------+-------+-----------+---------+-------+
//   | trees[6] | unseen | trailHead | trailCount | pegCount | noted | uncrossTo | dark[2] | guard |
//   +----------+--------+-----------+------------+----------+-------+-----------+---------+-------+
//    64            96                 128            160          192          200        208
//   +-------------+------------------+--------------+------------+------------+----------+
//   | node: noted | node: uncrossing | node: reopen | node: show | guardEnds  | nextShow |
//   +-------------+------------------+--------------+------------+------------+----------+
//    208          240       244       248       252          256
//   +------------+---------+---------+---------+------------+
//   | node: book | waiting | pegHead | pegTail | guardTicks |
//   +------------+---------+---------+---------+------------+
//
// waiting: how many of its orders are in no level, whatever they wait for. dark: trees of the orders that rest unseen, a
// side each.
// guard: upPpm, downPpm, windowMs, auctionMs. The keys of reopen and show are times, 0 for none.
// trees: orders that wait for the last price to go up, or down, for the best bid, for the best ask. unseen: the
// first price of a trade that they have not been shown yet, 0 for none. trailHead: list of orders that trail, also of
// those that do not follow the last price yet. trailCount: how many they are.
export const RARE_SHIFT: u32 = 8;
export const RARE_TREES: usize = 0;
export const RARE_UNSEEN: usize = 24;
export const RARE_TRAIL_HEAD: usize = 28;
export const RARE_TRAIL_COUNT: usize = 32;
export const RARE_PEG_COUNT: usize = 34;
export const RARE_NOTED: usize = 36;
export const RARE_UNCROSS_TO: usize = 38;
export const RARE_DARK: usize = 40;
export const RARE_GUARD_UP: usize = 48;
export const RARE_GUARD_DOWN: usize = 52;
export const RARE_GUARD_WINDOW: usize = 56;
export const RARE_GUARD_AUCTION: usize = 60;
export const RARE_NODE: usize = 64;
export const RARE_UNCROSSING: usize = 96;
export const RARE_REOPEN: usize = 128;
export const RARE_SHOW: usize = 160;
export const RARE_GUARD_ENDS: usize = 192;
export const RARE_NEXT_SHOW: usize = 200;
export const RARE_BOOK: usize = 208;
export const RARE_WAITING: usize = 240;
export const RARE_PEG_HEAD: usize = 244;
export const RARE_PEG_TAIL: usize = 248;
export const RARE_GUARD_TICKS: usize = 252;
export const PEGS_MAX: u32 = 64;
export const FAMILY_PEGS_MAX: u32 = 8;
export const IS_NOTED: u32 = 1;
export const IS_BOOK_NEW: u32 = 2;

// Owner, 64 bytes: what an account needs seldom.
//
//    0        4        8                40            44         48        52       56       64
//   +--------+--------+----------------+-------------+----------+---------+--------+--------+
//   | master | volume | node: deadline | protections | rowFirst | rowLast | family | number |
//   +--------+--------+----------------+-------------+----------+---------+--------+--------+
//
// master: the account that it is a part of, or 0. volume: address of its record, or 0. rowFirst, rowLast: addresses of
// its rows elsewhere, in order of making. family: of a master the last of its sub-accounts, or 0; of a sub-account the
// next one of its master's, of the last the first. number: by which the account is known outside.
export const OWNER_SHIFT: u32 = 6;
export const OWNER_MASTER: usize = 0;
export const OWNER_VOLUME: usize = 4;
export const OWNER_DEADLINE: usize = 8;
export const OWNER_PROTECTIONS: usize = 40;
export const OWNER_ROW_FIRST: usize = 44;
export const OWNER_ROW_LAST: usize = 48;
export const OWNER_FAMILY: usize = 52;
export const OWNER_NUMBER: usize = 56;

// Protection, 64 bytes: of an account in a market.
//
//    0         4        8      12         16        24     32       40         44      48
//   +---------+--------+------+----------+---------+------+--------+----------+-------+
//   | account | market | next | windowMs | lotsMax | lots | endsMs | fillsMax | fills |
//   +---------+--------+------+----------+---------+------+--------+----------+-------+
//    48        52          56                                                  64
//   +---------+-----------+-----------------------------------------------------+
//   | tripped | queueNext | 0                                                   |
//   +---------+-----------+-----------------------------------------------------+
//
// next: of the account's list, or of free records. queueNext: of those that have tripped.
export const PROTECTION_SHIFT: u32 = 6;
export const PROTECTION_ACCOUNT: usize = 0;
export const PROTECTION_MARKET: usize = 4;
export const PROTECTION_NEXT: usize = 8;
export const PROTECTION_WINDOW: usize = 12;
export const PROTECTION_LOTS_MAX: usize = 16;
export const PROTECTION_LOTS: usize = 24;
export const PROTECTION_ENDS: usize = 32;
export const PROTECTION_FILLS_MAX: usize = 40;
export const PROTECTION_FILLS: usize = 44;
export const PROTECTION_TRIPPED: usize = 48;
export const PROTECTION_QUEUE_NEXT: usize = 52;
export const PROTECTIONS_MAX: u32 = 65_535;
export const PROTECTIONS_PER_ACCOUNT_MAX: u32 = 16;

// Fee schedule, 256 bytes: count u32, asset u32, then tiers of 16 bytes: volume u64, maker i32, taker u32.
export const SCHEDULE_SHIFT: u32 = 8;
export const SCHEDULE_COUNT: usize = 0;
export const SCHEDULE_ASSET: usize = 4;
export const SCHEDULE_TIERS: usize = 8;
export const FEE_SCHEDULES_MAX: u32 = 16;
export const FEE_TIERS_MAX: u32 = 8;

// Volume, 256 bytes: what an account has traded on each of the days that count, a ring.
//
//    0        4      8          12    16    24      32                256
//   +--------+------+----------+-----+-----+-------+-----------------+
//   | account| next | schedule | 0   | day | total | days u64 x 28   |
//   +--------+------+----------+-----+-----+-------+-----------------+
//
// day: the last one that was counted on, since the epoch; day d is at place d % 28. total: their sum.
export const VOLUME_SHIFT: u32 = 8;
export const VOLUME_ACCOUNT: usize = 0;
export const VOLUME_NEXT: usize = 4;
export const VOLUME_SCHEDULE: usize = 8;
export const VOLUME_DAY: usize = 16;
export const VOLUME_TOTAL: usize = 24;
export const VOLUME_RING: usize = 32;
export const VOLUME_DAYS: u64 = 28;
export const DAY_MS: u64 = 86_400_000;
export const DAY_VOLUME_MAX: u64 = (1 << 58) - 1;

// Special, 256 bytes: what an order has beyond a plain one.
//
//    0      4      8      12      16      48            80             112      120       128
//   +------+------+------+-------+-------+-------------+--------------+--------+---------+---
//   | slot | next | prev | flags | terms | node: watch | node: expiry | hidden | display |
//   +------+------+------+-------+-------+-------------+--------------+--------+---------+---
//    128     132    136         140         144       148      152           160        164
//   +-------+------+-----------+-----------+---------+--------+-------------+----------+----
//   | trail | peak | trailNext | trailPrev | partner | parent | children[2] | newsNext |
//   +-------+------+-----------+-----------+---------+--------+-------------+----------+----
//    164        168           172            176                                           216       224  256
//   +----------+-------------+--------------+---------------------------------------------+---------+----+
//   | newsPrev | triggerTree | triggerTicks | pegTicksAndOne, next, prev, seen[4], new, 0 | renewed | 0  |
//   +----------+-------------+--------------+---------------------------------------------+---------+----+
//
// partner, parent, children: slots of the other orders of its list.
// trail: basis points, with TRAIL_TAKES_PROFIT. peak: the best price that it has seen, 0 until it follows the last price.
// next, prev: of the queue of ripe orders, or of free records. terms: its PLACE, while it waits. The key of the
// expiry is 0 for an order that has no end. renewed: of an iceberg the number of the last trade of an uncrossing by which it
// showed the next of it, or 0.
export const SPECIAL_SHIFT: u32 = 8;
export const SPECIAL_RECORD_BYTES: usize = 256;
export const SPECIAL_SLOT: usize = 0;
export const SPECIAL_NEXT: usize = 4;
export const SPECIAL_PREV: usize = 8;
export const SPECIAL_FLAGS: usize = 12;
export const SPECIAL_TERMS: usize = 16;
export const SPECIAL_WATCH: usize = 48;
export const SPECIAL_EXPIRY: usize = 80;
export const SPECIAL_HIDDEN: usize = 112;
export const SPECIAL_DISPLAY: usize = 120;
export const SPECIAL_TRAIL: usize = 128;
export const SPECIAL_PEAK: usize = 132;
export const SPECIAL_TRAIL_NEXT: usize = 136;
export const SPECIAL_TRAIL_PREV: usize = 140;
export const SPECIAL_PARTNER: usize = 144;
export const SPECIAL_PARENT: usize = 148;
export const SPECIAL_CHILDREN: usize = 152;
export const SPECIAL_NEWS_NEXT: usize = 160;
export const SPECIAL_NEWS_PREV: usize = 164;
export const SPECIAL_TRIGGER_TREE: usize = 168;
export const SPECIAL_TRIGGER_TICKS: usize = 172;
export const SPECIAL_PEG: usize = 176;
export const SPECIAL_PEG_NEXT: usize = 180;
export const SPECIAL_PEG_PREV: usize = 184;
// Of the first pegged order of a market: the best bid and ask, seen and unseen, that its pegged orders have been moved by last,
// and the first of them that came since, or 0.
export const SPECIAL_PEG_SEEN: usize = 192;
export const SPECIAL_PEG_NEW: usize = 208;
export const SPECIAL_RENEWED: usize = 216;
export const SEEN_NONE: u32 = 0xffff_ffff;
export const TRAIL_TAKES_PROFIT: u32 = 1 << 31;
export const IS_WAITING: u32 = 1;
export const IS_WATCHING: u32 = 2; // with the number of its tree in the second byte
export const IS_RIPE: u32 = 4;
export const IS_DORMANT: u32 = 8; // waits for its parent to trade in full
export const HAS_TO_END: u32 = 16; // these two: it is in the queue of news
export const HAS_TO_BEGIN: u32 = 32;
export const IS_PRICED: u32 = 64; // of a list, with a trigger
export const IS_PROTECTED: u32 = 128;
export const TREE_SHIFT: u32 = 8;
export const IS_HIDDEN: u32 = 1 << 16; // rests unseen
export const IS_DARK: u32 = 1 << 17; // does so now: its node is in a tree of its market's dark orders
export const PEG_MARKET: u32 = 1 << 18; // follows the best of the other side
export const PEG_MIDPOINT: u32 = 1 << 19; // follows the middle
export const PEG_KINDS: u32 = PEG_MARKET | PEG_MIDPOINT;
export const FLAGS_KEPT: u32 = PEG_KINDS | HAS_TO_END | HAS_TO_BEGIN | IS_PRICED | IS_PROTECTED | IS_HIDDEN; // whatever it waits for

// Node of a tree, 32 bytes: see tree.ts.
export const NODE_KEY: usize = 0;
export const NODE_SEQUENCE: usize = 8;
export const NODE_LEFT: usize = 16;
export const NODE_RIGHT: usize = 20;
export const NODE_PARENT: usize = 24;
export const NODE_RANK: usize = 28;

// Limits and codes that core/protocol also states; hot-engine.test.ts compares them.
export const QUANTA_MAX: u64 = (1 << 62) - 1;
export const PRICE_TICKS_MAX: u32 = (1 << 30) - 1;
export const LOTS_MAX: u64 = (1 << 40) - 1;
export const PPM: u64 = 1_000_000;
export const FEE_PPM_MAX: u32 = 100_000;
export const BAND_UP_PPM_MAX: u32 = 1_000_000_000;
export const ICEBERG_SLICES_MAX: u64 = 16_384;
export const TRAILING_MAX: u32 = 256;
export const FAMILY_TRAILING_MAX: u32 = 16;
export const TRAIL_BASIS_POINTS_MAX: u32 = 10_000;
export const BASIS_POINTS: u64 = 10_000;
export const DEADLINE_MS_MAX: u64 = 1 << 40;
export const INDICATIVE_INTERVAL_MS: u64 = 1_000;
export const UNCROSSING_TOUCHES: u32 = 2;
