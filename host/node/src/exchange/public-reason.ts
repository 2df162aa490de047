import { isStorageFault } from "@rialto/storage";

/**
 * What anybody may read of a trouble that keeps a node from taking commands. What else its message says, such as where this
 * machine keeps its files, is for the log. Pure.
 */
export function publicReason(error: unknown): string {
  if (!isStorageFault(error)) return "its log says why";
  const { detail } = error;
  switch (detail.code) {
    case "STORAGE_FULL":
      return (
        `the disk is full: ${detail.neededBytes} bytes are needed, and ${detail.freeBytes} are free. ` +
        "It goes on by itself when there is room"
      );
    case "STORAGE_IO":
      return `the disk fails: ${detail.operation}, ${detail.errorCode}`;
    case "JOURNAL_BUSY":
      return "the disk is too slow for what comes";
    default:
      return `${detail.code}: its log says more`;
  }
}
