import {
  type FileAccess,
  type FileOperations,
  nodeFiles,
  type StoredFile,
} from "../file-operations.ts";
import { ioFault } from "../storage-fault.ts";

/** One call on its way to the operating system. */
export interface FileCall {
  readonly operation:
    | "open"
    | "read"
    | "write"
    | "sync"
    | "rename"
    | "remove"
    | "syncDirectory"
    | "freeBytes";
  readonly path: string;
  /** How the file is open; `read` for calls without a file. */
  readonly access: FileAccess;
  /** Bytes to write, 0 for other calls. */
  readonly bytes: number;
}

/** The real operations, with `before` called first: where it throws, the call fails that way. */
export function hookFiles(before: (call: FileCall) => void | Promise<void>): FileOperations {
  const named = async (operation: FileCall["operation"], path: string): Promise<void> => {
    await before({ operation, path, access: "read", bytes: 0 });
  };
  return {
    ...nodeFiles,
    async open(path, access) {
      await before({ operation: "open", path, access, bytes: 0 });
      return hookFile(await nodeFiles.open(path, access), access, before);
    },
    async rename(source, target) {
      await named("rename", source);
      await nodeFiles.rename(source, target);
    },
    async remove(path) {
      await named("remove", path);
      await nodeFiles.remove(path);
    },
    async syncDirectory(directory) {
      await named("syncDirectory", directory);
      await nodeFiles.syncDirectory(directory);
    },
    async freeBytes(directory) {
      await named("freeBytes", directory);
      return nodeFiles.freeBytes(directory);
    },
  };
}

/** The fault that a system call ends in with `errorCode`, such as EIO. */
export function systemFault(call: FileCall, errorCode: string): Error {
  return ioFault(
    call.path,
    call.operation,
    Object.assign(new Error(errorCode), { code: errorCode }),
  );
}

function hookFile(
  file: StoredFile,
  access: FileAccess,
  before: (call: FileCall) => void | Promise<void>,
): StoredFile {
  const { path } = file;
  return {
    path,
    async read(buffer, bytes, position) {
      await before({ operation: "read", path, access, bytes: 0 });
      return file.read(buffer, bytes, position);
    },
    async write(buffer, bytes, position) {
      await before({ operation: "write", path, access, bytes });
      await file.write(buffer, bytes, position);
    },
    async sync() {
      await before({ operation: "sync", path, access, bytes: 0 });
      await file.sync();
    },
    close: () => file.close(),
  };
}
