import type { Rig } from "../support/rig/rig.ts";
import type { AgentMarks } from "./agent-marks.ts";
import type { Burst } from "./burst-figures.ts";
import type { Table } from "./table.ts";

/** What a benchmark works with. */
export interface BenchContext {
  /** The charm, deployed, with no runner; each benchmark leaves it so. */
  readonly rig: Rig;
  /** What the agent of the rig tells. */
  readonly agent: AgentMarks;
  /** How often everything is measured; a benchmark of short things does more. */
  readonly repeat: number;
  /** The one large burst of jobs, and how many runners it has. */
  readonly burst: Burst & { readonly runners: number };
  /** Tells a person what is being done. */
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface Bench {
  /** For `--only`. */
  readonly name: string;
  readonly run: (context: BenchContext) => Promise<readonly Table[]>;
}
