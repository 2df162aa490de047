// The limit: how fast one core can match a LOB1 workload when it does nothing but match. No
// accounts, no balances, no fees, no ids from outside (an order's row is its id), prices in a dense
// ladder. The yardstick of performance.md section 6; the engine is quoted as a ratio to it.
//
// Layout. Levels and orders share one index space, counted in units of 8 bytes:
//
//   unit symbol << kPriceBits | price   a level:             { next, prev }
//   unit base + 2 * id                  the order of an id:  { next, prev, lots, - }
//
// A level is the sentinel of a circular list of its orders, oldest first, so that a cancel needs
// neither its level nor a case for the ends: it writes to two neighbours, and where both are the
// same unit that is the level, now empty. Both sides share the ladder. Bests are kept as keys of
// which the smaller is the better one (ask: its price, bid: its complement), so that no code
// depends on the side.
//
// Tried on Zen 4, in interleaved runs. A loss: all four ops carried out alike, without a branch on
// the op (+30 to +60 %: every command stores behind the misses of those before); the clearing of a
// level's bit without a branch (+10 % more); a level's bit set without asking whether it was empty
// (P2 +20 %); other orders of the branches on the op (P1 +4 to +8 %). No difference: fixed
// addresses instead of pointers; rows recycled through a free list, ids translated before the run;
// best prices apart from the bitmaps; -O2. A gain of 2 to 4 %: the rare update of the best price
// as a branch, not a conditional move; the next best searched for inline; no vectors for links.

#include <sys/mman.h>

#include <algorithm>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <vector>

#define ALWAYS_INLINE inline __attribute__((always_inline))
#define NEVER_INLINE __attribute__((noinline))
#define RARELY(condition) __builtin_expect(condition, 0)

namespace {

using u32 = uint32_t;
using u64 = uint64_t;

struct Record {
  u32 word, id, price, lots;
};
static_assert(sizeof(Record) == 16);

struct Header {
  u32 magic, symbols, prefill, timed, ids, pricesMax;
  u32 trades, checksum1, checksum2, liveOrdersMax, levelsAtEnd, zero[5];
};
static_assert(sizeof(Header) == 64);

constexpr u32 kMagic = 0x4c4f4231;
constexpr u32 kIoc = 1, kCancel = 2, kMove = 3;
// How many commands ahead the variant with prefetch looks: at rows, then at their neighbours.
constexpr u32 kFarAhead = 16, kNearAhead = 8;

struct Workload {
  Header header;
  std::vector<Record> records;  // kFarAhead empty ones follow the last
};

// Takes trades in a timed run: a ring that stays in the first cache, as an event ring would.
struct TradeRing {
  static constexpr u32 kTrades = 256;
  u32 trades = 0;
  Record ring[kTrades];

  ALWAYS_INLINE void push(u32 taker, u32 maker, u32 price, u32 lots) {
    ring[trades++ % kTrades] = {taker, maker, price, lots};
  }
};

// Takes trades in the verifying run.
struct TradeChecksum {
  u32 trades = 0, checksum1 = 2166136261u, checksum2 = 0;

  void mix(u32 x) {
    checksum1 = (checksum1 ^ x) * 0x01000193u;
    checksum2 = ((checksum2 << 5 | checksum2 >> 27) + x) * 0x9E3779B1u;
  }
  void push(u32 taker, u32 maker, u32 price, u32 lots) {
    trades++;
    mix(taker), mix(maker), mix(price), mix(lots);
  }
};

struct Links {
  u32 next, prev;
};

struct Order {
  u32 next, prev, lots, unused;  // lots 0: dead
};
static_assert(sizeof(Order) == 16);

template <u32 kPriceBits>
struct Market {
  static constexpr u32 kWords = 1u << (kPriceBits - 6);
  static constexpr u32 kSums = (kWords + 63) / 64;
  static constexpr bool kHasTop = kSums > 1;

  u32 best[2];     // by side, smaller is better; ~0: none
  u64 top;         // which words of `sums` are not 0
  u64 sums[kSums]; // which words of `bits` are not 0
  u64 bits[kWords];

  ALWAYS_INLINE void set(u32 price) {
    const u32 word = price >> 6;
    bits[word] |= 1ull << (price & 63);
    sums[word >> 6] |= 1ull << (word & 63);
    if (kHasTop) top |= 1ull << (word >> 6);
  }

  ALWAYS_INLINE void clear(u32 price) {
    const u32 word = price >> 6;
    if (bits[word] &= ~(1ull << (price & 63))) return;
    if (sums[word >> 6] &= ~(1ull << (word & 63))) return;
    if (kHasTop) top &= ~(1ull << (word >> 6));
  }

  // The lowest occupied price above `price`, or ~0.
  ALWAYS_INLINE u32 above(u32 price) const {
    u32 word = price >> 6;
    u64 found = bits[word] & (~1ull << (price & 63));
    if (found) return word << 6 | lowest(found);
    u32 sum = word >> 6;
    found = sums[sum] & (~1ull << (word & 63));
    if (!found) {
      const u64 later = kHasTop ? top & (~1ull << sum) : 0;
      if (!later) return ~0u;
      sum = lowest(later);
      found = sums[sum];
    }
    word = sum << 6 | lowest(found);
    return word << 6 | lowest(bits[word]);
  }

  // The highest occupied price below `price`, or 0, which is no price.
  ALWAYS_INLINE u32 below(u32 price) const {
    u32 word = price >> 6;
    u64 found = bits[word] & ((1ull << (price & 63)) - 1);
    if (found) return word << 6 | highest(found);
    u32 sum = word >> 6;
    found = sums[sum] & ((1ull << (word & 63)) - 1);
    if (!found) {
      const u64 earlier = kHasTop ? top & ((1ull << sum) - 1) : 0;
      if (!earlier) return 0;
      sum = highest(earlier);
      found = sums[sum];
    }
    word = sum << 6 | highest(found);
    return word << 6 | highest(bits[word]);
  }

  static u32 lowest(u64 bits) { return __builtin_ctzll(bits); }
  static u32 highest(u64 bits) { return 63 - __builtin_clzll(bits); }
};

void* allocate(u64 bytes, bool hugePages) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    fprintf(stderr, "no memory for %" PRIu64 " bytes\n", bytes);
    exit(3);
  }
  if (hugePages) madvise(memory, bytes, MADV_HUGEPAGE);
  return memory;
}

// kSingle: there is but one symbol, whose market lies at a constant place.
template <u32 kPriceBits, bool kSingle, bool kPrefetch>
class Engine {
 public:
  Engine(u32 symbols, u32 ids) : symbols_(symbols), ids_(ids) {
    base_ = symbols << kPriceBits;
    units_ = static_cast<u64>(base_) + 2 * (static_cast<u64>(ids) + 1);
    unit_ = static_cast<Links*>(allocate(units_ * sizeof(Links), kPrefetch));
    markets_ = static_cast<Book*>(allocate(symbols * sizeof(Book), kPrefetch));
  }
  ~Engine() {
    munmap(unit_, units_ * sizeof(Links));
    munmap(markets_, symbols_ * sizeof(Book));
  }

  void reset() {
    for (u32 level = 0; level < base_; level++) unit_[level] = {level, level};
    memset(unit_ + base_, 0, (units_ - base_) * sizeof(Links));
    memset(markets_, 0, symbols_ * sizeof(Book));
    for (u32 symbol = 0; symbol < symbols_; symbol++) {
      markets_[symbol].best[0] = markets_[symbol].best[1] = ~0u;
    }
  }

  template <class Sink>
  NEVER_INLINE void run(const Record* record, const Record* end, Sink& sink) {
    for (; record < end; record++) {
      if (kPrefetch) lookAhead(record);
      const u32 op = record->word & 15;
      const u32 unit = base_ + 2 * record->id;
      if (op >= kCancel) {
        Order& order = orderAt(unit);
        if (!order.lots) continue;
        unlink(order);
        if (op == kCancel) continue;
      }
      const u32 side = record->word >> 4 & 1;
      const u32 symbol = record->word >> 8;
      const u32 price = record->price;
      const u32 key = price ^ (0 - side);  // the other side's best is met by keys up to this
      u32 lots = record->lots;
      Book& market = markets_[kSingle ? 0 : symbol];
      if (RARELY(market.best[side ^ 1] <= key)) {
        lots = match(market, *record, key, sink);
        if (!lots) continue;
      }
      if (RARELY(op == kIoc)) continue;
      rest(market, unit, symbol << kPriceBits | price, lots);
      if (RARELY(~key < market.best[side])) market.best[side] = ~key;
    }
  }

 private:
  using Book = Market<kPriceBits>;
  static constexpr u32 kPriceMask = (1u << kPriceBits) - 1;

  ALWAYS_INLINE Order& orderAt(u32 unit) { return *reinterpret_cast<Order*>(unit_ + unit); }
  ALWAYS_INLINE Book& marketOf(u32 level) { return markets_[kSingle ? 0 : level >> kPriceBits]; }

  ALWAYS_INLINE void rest(Book& market, u32 unit, u32 level, u32 lots) {
    const u32 last = unit_[level].prev;
    orderAt(unit) = {level, last, lots, 0};
    unit_[last].next = unit;
    unit_[level].prev = unit;
    if (last == level) market.set(level & kPriceMask);
  }

  ALWAYS_INLINE void unlink(Order& order) {
    const u32 next = order.next, prev = order.prev;
    unit_[prev].next = next;
    unit_[next].prev = prev;
    order.lots = 0;
    if (next != prev) return;
    Book& market = marketOf(next);
    const u32 price = next & kPriceMask;
    market.clear(price);
    if (RARELY(market.best[1] == price)) market.best[1] = market.above(price);
    else if (RARELY(market.best[0] == ~price)) market.best[0] = ~market.below(price);
  }

  // Trades while prices meet; returns what is left. Entered only where they do.
  template <class Sink>
  NEVER_INLINE u32 match(Book& market, const Record& taker, u32 key, Sink& sink) {
    const u32 side = taker.word >> 4 & 1;
    u32 lots = taker.lots;
    do {
      const u32 price = market.best[side ^ 1] ^ (0 - side);
      const u32 level = (taker.word >> 8) << kPriceBits | price;
      u32 unit = unit_[level].next;
      while (true) {
        Order& maker = orderAt(unit);
        const u32 makerId = (unit - base_) >> 1;
        if (maker.lots > lots) {
          sink.push(taker.id, makerId, price, lots);
          maker.lots -= lots;
          return behead(level, unit);
        }
        sink.push(taker.id, makerId, price, maker.lots);
        lots -= maker.lots;
        maker.lots = 0;
        unit = maker.next;
        if (unit == level) break;
        if (!lots) return behead(level, unit);
      }
      unit_[level] = {level, level};
      market.clear(price);
      market.best[side ^ 1] = side ? ~market.below(price) : market.above(price);
    } while (lots && market.best[side ^ 1] <= key);
    return lots;
  }

  // Makes `unit` the first of its level, those before it being gone; the taker is spent.
  ALWAYS_INLINE u32 behead(u32 level, u32 unit) {
    unit_[level].next = unit;
    unit_[unit].prev = level;
    return 0;
  }

  // Fetches what commands ahead will touch: their rows and levels, later the neighbours of these.
  ALWAYS_INLINE void lookAhead(const Record* record) {
    const Record& far = record[kFarAhead];
    __builtin_prefetch(unit_ + base_ + 2 * far.id, 1);
    __builtin_prefetch(unit_ + levelOf(far), 1);
    __builtin_prefetch(markets_ + (kSingle ? 0 : far.word >> 8), 1);
    const Record& near = record[kNearAhead];
    const Order& order = orderAt(base_ + 2 * near.id);
    __builtin_prefetch(unit_ + order.next, 1);
    __builtin_prefetch(unit_ + order.prev, 1);
    __builtin_prefetch(unit_ + unit_[levelOf(near)].prev, 1);
  }

  // A cancel may carry anything for a symbol and a price: one read ahead must not leave the ladder.
  ALWAYS_INLINE u32 levelOf(const Record& record) {
    const u32 level = (record.word >> 8) << kPriceBits | (record.price & kPriceMask);
    return level < base_ ? level : 0;
  }

  u32 symbols_, ids_, base_;
  u64 units_;
  Links* unit_;
  Book* markets_;
};

double nowNs() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

template <u32 kPriceBits, bool kSingle, bool kPrefetch>
int measure(const Workload& workload, u32 runs) {
  const Header& header = workload.header;
  const Record* start = workload.records.data();
  const Record* timed = start + header.prefill;
  const Record* end = timed + header.timed;
  Engine<kPriceBits, kSingle, kPrefetch> engine(header.symbols, header.ids);

  engine.reset();
  TradeChecksum sum;
  engine.run(start, end, sum);
  const bool hasTrades = sum.trades == header.trades;
  if (!hasTrades || sum.checksum1 != header.checksum1 || sum.checksum2 != header.checksum2) {
    fprintf(stderr, "trades or checksum differ from the header's\n");
    return 1;
  }
  std::vector<double> samples;
  for (u32 run = 0; run < runs; run++) {
    engine.reset();
    TradeRing ring;
    engine.run(start, timed, ring);
    const double startNs = nowNs();
    engine.run(timed, end, ring);
    const double endNs = nowNs();
    asm volatile("" ::"r"(&ring) : "memory");
    if (ring.trades != header.trades) abort();  // the verifying run made them
    samples.push_back((endNs - startNs) / header.timed);
  }
  printf("{\"trades\":%u,\"checksum\":\"%08x%08x\",", sum.trades, sum.checksum1, sum.checksum2);
  printf("\"samples\":[");
  for (u32 run = 0; run < runs; run++) printf("%s%.9g", run ? "," : "", samples[run]);
  std::sort(samples.begin(), samples.end());
  const double median = (samples[(runs - 1) / 2] + samples[runs / 2]) / 2;
  printf("],\"nsPerCommandMedian\":%.9g,\"nsPerCommandBest\":%.9g,", median, samples[0]);
  printf("\"runs\":%u,\"prefetch\":%s}\n", runs, kPrefetch ? "true" : "false");
  return 0;
}

template <bool kPrefetch>
int dispatch(const Workload& workload, u32 runs) {
  const u32 prices = workload.header.pricesMax;
  if (workload.header.symbols == 1) {
    if (prices <= 1u << 13) return measure<13, true, kPrefetch>(workload, runs);
    if (prices <= 1u << 16) return measure<16, true, kPrefetch>(workload, runs);
    return measure<18, true, kPrefetch>(workload, runs);
  }
  if (prices <= 1u << 10) return measure<10, false, kPrefetch>(workload, runs);
  if (prices <= 1u << 13) return measure<13, false, kPrefetch>(workload, runs);
  if (prices <= 1u << 16) return measure<16, false, kPrefetch>(workload, runs);
  return measure<18, false, kPrefetch>(workload, runs);
}

[[noreturn]] void refuse(const char* reason) {
  fprintf(stderr, "%s\n", reason);
  exit(2);
}

// Checks whatever the engine uses as an index, untimed; the rest is the business of `parseLob1`.
Workload readWorkload(const char* path) {
  FILE* file = fopen(path, "rb");
  if (!file) refuse("cannot open the workload");
  Workload workload;
  Header& header = workload.header;
  const bool isRead = fread(&header, sizeof header, 1, file) == 1;
  if (!isRead || header.magic != kMagic) refuse("not a LOB1 file");
  const u64 commands = static_cast<u64>(header.prefill) + header.timed;
  if (!header.symbols || header.symbols > 1u << 24) refuse("symbols are out of range");
  if (!header.timed || commands > 1u << 27) refuse("commands are out of range");
  if (header.ids > commands + 1) refuse("ids are out of range");
  if (header.pricesMax < 2 || header.pricesMax > 1u << 18) refuse("over 262,144 prices");
  u32 bits = header.symbols == 1 ? 13 : 10;
  while (1u << bits < header.pricesMax) bits += bits == 16 ? 2 : 3;
  if (static_cast<u64>(header.symbols) << bits > 1u << 29) refuse("a ladder of over 4 GiB");
  workload.records.resize(commands + kFarAhead, Record{});
  const u64 read = fread(workload.records.data(), sizeof(Record), commands, file);
  if (read != commands) refuse("the file is too short");
  fclose(file);
  for (u64 index = 0; index < commands; index++) {
    const Record& record = workload.records[index];
    const u32 op = record.word & 15;
    if (op > kMove || record.id > header.ids) refuse("a record's op or id is out of range");
    if (op == kCancel) continue;
    const bool isPlace = (record.word >> 4 & 15) <= 1 && record.word >> 8 < header.symbols;
    const bool isPrice = record.price >= 1 && record.price < header.pricesMax;
    if (!isPlace || !isPrice || !record.lots) refuse("a record is out of range");
  }
  return workload;
}

}  // namespace

int main(int count, char** arguments) {
  bool prefetch = false;
  u32 runs = 9;
  const char* path = nullptr;
  for (int index = 1; index < count; index++) {
    const char* argument = arguments[index];
    if (!strcmp(argument, "--prefetch")) prefetch = true;
    else if (!strcmp(argument, "--runs")) runs = ++index < count ? atoi(arguments[index]) : 0;
    else path = argument;
  }
  if (!path || runs < 1 || runs > 10000) refuse("usage: limit [--runs N] [--prefetch] FILE");
  const Workload workload = readWorkload(path);
  return prefetch ? dispatch<true>(workload, runs) : dispatch<false>(workload, runs);
}
