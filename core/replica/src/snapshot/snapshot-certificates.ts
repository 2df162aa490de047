import { Fault } from "@rialto/base";
import { type Certificate, encodeCertificate, parseCertificate } from "@rialto/consensus";
import type { EpochPath } from "../epoch/epoch-path.ts";

/** A certificate may come before its snapshot is written, and others meanwhile. */
const CERTIFICATES_KEPT = 64;

/**
 * Finds what lets others have a snapshot: the certificate of its checkpoint. That of an epoch's end is kept with the path: a
 * snapshot of that end can be had of whoever has it, however it came to the end, and however often it has started since.
 *
 * Invariant: whoever asks for each snapshot on its disk that others may not have yet, at its start, after it has saved one, and
 * whenever a certificate or a step of the path has come, leaves none for good that a crash has caught between its files.
 */
export class SnapshotCertificates {
  readonly #path: EpochPath;
  /** Those of this life, the newest last. */
  readonly #newest: Certificate[] = [];

  constructor(path: EpochPath) {
    this.#path = path;
  }

  /** Notes a certificate that has been checked. Effects: keeps a copy of it. */
  note(certificate: Certificate): void {
    this.#newest.push(copyOf(certificate));
    if (this.#newest.length > CERTIFICATES_KEPT) this.#newest.shift();
  }

  /** The certificate of the checkpoint after a commit, as far as it is known. */
  find(commitIndex: number): Certificate | undefined {
    const isOfIt = ({ checkpoint }: Certificate): boolean => checkpoint.commitIndex === commitIndex;
    const closings = this.#path.steps.map(({ certificate }) => certificate);
    return this.#newest.find(isOfIt) ?? closings.find(isOfIt);
  }
}

/** The same certificate in memory of its own: its parts may be views of whole messages, which they would keep. */
function copyOf(certificate: Certificate): Certificate {
  const copy = parseCertificate(encodeCertificate(certificate));
  if (copy instanceof Fault) throw copy;
  return copy;
}
