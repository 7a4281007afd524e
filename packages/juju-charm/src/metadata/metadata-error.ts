import { CodedError } from "charm-kit";

/** One thing that is wrong in a metadata file. */
export interface MetadataFault {
  /** Name of the file, such as `config.yaml`. */
  readonly file: string;
  /** Line in the file, from 1. */
  readonly line: number;
  /** What is wrong there, and what is accepted. */
  readonly text: string;
}

/** A charm's metadata is not what Juju and the framework take. All faults of all files are told at once. */
export class MetadataError extends CodedError {
  readonly code = "metadata";
  readonly faults: readonly MetadataFault[];

  constructor(faults: readonly MetadataFault[], options?: ErrorOptions) {
    const lines = inOrder(faults).map(({ file, line, text }) => `${file}:${line}: ${text}`);
    super(`Cannot use the charm's metadata: ${lines.join("\n")}`, options);
    this.faults = inOrder(faults);
  }
}

function inOrder(faults: readonly MetadataFault[]): readonly MetadataFault[] {
  return faults.toSorted((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
}
