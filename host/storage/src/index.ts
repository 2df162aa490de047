export {
  type FileJournalOptions,
  openFileJournal,
  QUEUE_BYTES_DEFAULT,
  SEGMENT_BYTES_DEFAULT,
} from "./file-journal.ts";
export {
  type FileAccess,
  type FileOperations,
  nodeFiles,
  promptFiles,
  type StoredFile,
} from "./file-operations.ts";
export {
  type FileSnapshotsOptions,
  openFileSnapshots,
  openFileSnapshotsReader,
} from "./file-snapshots.ts";
export { type FileJournalReaderOptions, openFileJournalReader } from "./file-journal-reader.ts";
export { computeRecordHash, segmentBytesFor } from "./journal-layout.ts";
export type {
  Journal,
  JournalEvent,
  JournalMode,
  JournalReader,
  JournalRecord,
} from "./journal.ts";
export {
  createMemoryJournal,
  createMemoryJournalStore,
  type MemoryJournalOptions,
  type MemoryJournalStore,
} from "./memory-journal.ts";
export type { KeepRule } from "./keep-rule.ts";
export { createMemorySnapshots, type MemorySnapshotsOptions } from "./memory-snapshots.ts";
export { makeDatabaseFile } from "./owner-only.ts";
export { acquireWriterLock, findWriter } from "./writer-lock.ts";
export type {
  LatestSnapshot,
  Snapshot,
  SnapshotMark,
  Snapshots,
  SnapshotsReader,
  StoredContent,
} from "./snapshots.ts";
export { isStorageFault, type StorageFault, type StorageFaultDetail } from "./storage-fault.ts";
export { type FileHistoryOptions, openFileHistory } from "./history/file-history.ts";
export { HistoryChanges } from "./history/history-changes.ts";
export {
  type AggregatesQuery,
  type FillsQuery,
  type History,
  type HistoryAccount,
  type HistoryAggregate,
  type HistoryFill,
  type HistoryHead,
  type HistoryKline,
  type HistoryMarket,
  type HistoryOrder,
  type HistoryReader,
  type HistoryRetention,
  type HistoryTrade,
  isOpenStatus,
  type KlinesQuery,
  type ListsQuery,
  NOT_WORKING,
  OrderFlag,
  type OrdersQuery,
  OrderStatus,
  RETENTION_DEFAULT,
  type TradesQuery,
} from "./history/history.ts";
export {
  createMemoryHistory,
  createMemoryHistoryStore,
  type MemoryHistoryOptions,
  type MemoryHistoryStore,
} from "./history/memory-history.ts";
