import { Fault } from "@rialto/base";
import type { TlsPair } from "@rialto/gateway";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { statSync } from "node:fs";
import { createSecureContext } from "node:tls";
import type { Logger } from "pino";
import { readText, SMALL_TEXT_BYTES_MAX } from "./read-text.ts";

// Certificates live for months, or days, and a node for longer: their files are read again while it runs.

/** How often the files are looked at. */
const LOOK_MS = 10_000;

export interface TlsPaths {
  readonly tlsCert: string;
  readonly tlsKey: string;
}

export type TlsFaultDetail = { readonly code: "TLS_UNUSABLE"; readonly path: string };

/** Reads both files. Returns what is wrong with them where no handshake would succeed. */
export function readTlsPair(paths: TlsPaths): TlsPair | Fault<TlsFaultDetail> {
  const texts = readTexts(paths);
  return texts instanceof Fault ? texts : (findProblem(paths, texts) ?? texts);
}

function readTexts({ tlsCert, tlsKey }: TlsPaths): TlsPair | Fault<TlsFaultDetail> {
  const cert = readOne("--tls-cert", tlsCert);
  if (cert instanceof Fault) return cert;
  const key = readOne("--tls-key", tlsKey);
  return key instanceof Fault ? key : { cert, key };
}

function readOne(flag: string, path: string): string | Fault<TlsFaultDetail> {
  try {
    return readText(path, SMALL_TEXT_BYTES_MAX);
  } catch (error) {
    return unusable(path, `${flag} ${path} cannot be read: ${(error as Error).message}`);
  }
}

/** With a key of another certificate, or an empty file, a node would be up, and no handshake succeed. */
function findProblem(
  { tlsCert, tlsKey }: TlsPaths,
  { cert, key }: TlsPair,
): Fault<TlsFaultDetail> | undefined {
  const problemOf = (make: () => unknown): string | undefined => {
    try {
      make();
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  };
  const inCert = problemOf(() => new X509Certificate(cert));
  if (inCert !== undefined)
    return unusable(tlsCert, `--tls-cert holds no PEM of its kind: ${inCert}`);
  const inKey = problemOf(() => createPrivateKey(key));
  if (inKey !== undefined) return unusable(tlsKey, `--tls-key holds no PEM of its kind: ${inKey}`);
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
    return unusable(tlsKey, "--tls-key is not the key of the first certificate in --tls-cert");
  }
  const inBoth = problemOf(() => createSecureContext({ cert, key }));
  return inBoth === undefined ? undefined : unusable(tlsCert, `--tls-cert is refused: ${inBoth}`);
}

function unusable(path: string, message: string): Fault<TlsFaultDetail> {
  return new Fault({ code: "TLS_UNUSABLE", path }, "error", message);
}

export interface TlsFilesOptions {
  readonly paths: TlsPaths;
  /** What they held at the start. */
  readonly pair: TlsPair;
  readonly log: Pick<Logger, "info" | "warn">;
  /** Default 10,000; 0 for never. */
  readonly lookMs?: number;
}

/** The certificate that a node shows, which changes with its files. */
export class TlsFiles implements Disposable {
  readonly #options: TlsFilesOptions;
  readonly #followers = new Set<(pair: TlsPair) => void>();
  readonly #timer: NodeJS.Timeout | undefined;
  #pair: TlsPair;
  /** What is wrong with the files, and how often that was seen in a row. */
  #problem = { text: "", seen: 0 };

  constructor(options: TlsFilesOptions) {
    const { paths, pair, lookMs = LOOK_MS } = options;
    this.#options = options;
    this.#pair = pair;
    // A pipe gives what it has once, and who opens it again waits for another writer.
    const isLasting = [paths.tlsCert, paths.tlsKey].every(isFile);
    if (lookMs > 0 && isLasting) this.#timer = setInterval(() => this.look(), lookMs).unref();
  }

  /** The newest that could be used. */
  get pair(): TlsPair {
    return this.#pair;
  }

  /** Tells of each new pair, until what it returns is disposed of. */
  follow(follower: (pair: TlsPair) => void): Disposable {
    this.#followers.add(follower);
    return { [Symbol.dispose]: () => void this.#followers.delete(follower) };
  }

  /** Reads the files, and goes over to what they hold now; where that cannot be used it stays with what it has, and says so once. */
  look(): void {
    const { paths, log } = this.#options;
    const texts = readTexts(paths);
    if (!(texts instanceof Fault) && isSame(texts, this.#pair)) return this.#noteProblem("");
    const problem =
      texts instanceof Fault ? texts : (findProblem(paths, texts) ?? findOutOfTime(paths, texts));
    if (problem !== undefined) return this.#noteProblem(problem.message);
    this.#noteProblem("");
    this.#pair = texts as TlsPair;
    for (const follower of this.#followers) follower(this.#pair);
    log.info({ notAfter: this.#notAfter() }, "tls.renewed");
  }

  /** The two files are replaced one after the other: what does not fit is told of when it is seen again. */
  #noteProblem(text: string): void {
    this.#problem = { text, seen: text === this.#problem.text ? this.#problem.seen + 1 : 1 };
    if (text === "" || this.#problem.seen !== 2) return;
    this.#options.log.warn({ problem: text, notAfter: this.#notAfter() }, "tls.not-renewed");
  }

  #notAfter(): string {
    return new Date(new X509Certificate(this.#pair.cert).validTo).toISOString();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function isSame(left: TlsPair, right: TlsPair): boolean {
  return left.cert === right.cert && left.key === right.key;
}

/** A pair takes the place of another one in its own time only. */
function findOutOfTime(
  { tlsCert }: TlsPaths,
  { cert }: TlsPair,
): Fault<TlsFaultDetail> | undefined {
  const { validFrom, validTo } = new X509Certificate(cert);
  const nowMs = Date.now();
  if (Date.parse(validFrom) <= nowMs && nowMs < Date.parse(validTo)) return undefined;
  return unusable(tlsCert, `--tls-cert holds from ${validFrom} to ${validTo}`);
}
