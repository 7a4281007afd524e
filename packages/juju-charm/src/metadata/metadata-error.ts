import { CodedError } from "charm-kit";

/** A problem in a metadata file. */
export interface MetadataProblem {
  /** Name of the file, such as `config.yaml`. */
  readonly file: string;
  /** Line in the file, from 1. */
  readonly line: number;
  /** The problem and the accepted values. */
  readonly text: string;
}

/** A charm's metadata is invalid. Reports the problems of all files together. */
export class MetadataError extends CodedError {
  readonly code = "metadata";
  readonly problems: readonly MetadataProblem[];

  constructor(problems: readonly MetadataProblem[], options?: ErrorOptions) {
    const lines = inOrder(problems).map(({ file, line, text }) => `${file}:${line}: ${text}`);
    super(`Cannot use the charm's metadata: ${lines.join("\n")}`, options);
    this.problems = inOrder(problems);
  }
}

function inOrder(problems: readonly MetadataProblem[]): readonly MetadataProblem[] {
  return problems.toSorted((a, b) => compareTexts(a.file, b.file) || a.line - b.line);
}

function compareTexts(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
