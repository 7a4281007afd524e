/** What `node --cpu-prof` writes: the type Profile of the Chrome DevTools Protocol, as far as it is used here. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  /** Identifier of the node that ran at each sample. */
  readonly samples: readonly number[];
  /** Microseconds from the sample before, or from the start. */
  readonly timeDeltas: readonly number[];
}

export interface ProfileNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly children?: readonly number[];
}

/** A function. */
export interface CallFrame {
  /** Empty for a function without a name. */
  readonly functionName: string;
  /** Empty for what the runtime does itself. */
  readonly url: string;
  /** From 0. */
  readonly lineNumber: number;
  /** From 0. */
  readonly columnNumber: number;
}

/** A function as its source has it. */
export interface SourceFrame {
  readonly name: string;
  /** Such as `src/lxd/observe.ts`, `undici`, `node:fs` or `(garbage collector)`. */
  readonly source: string;
}

/** Functions by their callers. */
export interface CallTree {
  readonly frame: SourceFrame;
  /** Milliseconds in the function itself. */
  selfMs: number;
  /** Milliseconds in it and in all that it called. */
  totalMs: number;
  readonly children: Map<string, CallTree>;
}

/** The programs of a charm wait most of the time. */
const WAITING = new Set(["(idle)", "(root)"]);

/**
 * Adds profiles of the same program up. Pure.
 *
 * @param sourceOf finds the function of a place in the packed programs.
 */
export function mergeProfiles(
  profiles: readonly CpuProfile[],
  sourceOf: (frame: CallFrame) => SourceFrame,
): CallTree {
  const root = emptyTree({ name: "all", source: "" });
  for (const profile of profiles) addProfile(root, profile, sourceOf);
  sumUp(root);
  return root;
}

/** @returns milliseconds in the functions themselves, by what `keyOf` makes of them, the largest first. Pure. */
export function costsBy(
  tree: CallTree,
  keyOf: (frame: SourceFrame) => string,
): readonly (readonly [key: string, ms: number])[] {
  const costs = new Map<string, number>();
  const add = ({ frame, selfMs, children }: CallTree) => {
    const key = keyOf(frame);
    if (selfMs > 0) costs.set(key, (costs.get(key) ?? 0) + selfMs);
    for (const child of children.values()) add(child);
  };
  add(tree);
  return [...costs].sort(([, left], [, right]) => right - left);
}

function emptyTree(frame: SourceFrame): CallTree {
  return { frame, selfMs: 0, totalMs: 0, children: new Map() };
}

function addProfile(
  root: CallTree,
  { nodes, samples, timeDeltas }: CpuProfile,
  sourceOf: (frame: CallFrame) => SourceFrame,
): void {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const found = new Map<number, CallTree>();
  const treeOf = (id: number): CallTree => {
    const known = found.get(id);
    if (known) return known;
    const node = byId.get(id);
    const parent = parents.get(id);
    const made = node && parent !== undefined ? childOf(treeOf(parent), sourceOf(node.callFrame)) : root;
    found.set(id, made);
    return made;
  };
  samples.forEach((id, index) => {
    const name = byId.get(id)?.callFrame.functionName ?? "";
    // The time since the sample before was spent where that one was taken, of which the next one tells as well.
    if (!WAITING.has(name)) treeOf(id).selfMs += Math.max(0, timeDeltas[index + 1] ?? 0) / 1000;
  });
}

function childOf(tree: CallTree, frame: SourceFrame): CallTree {
  const key = `${frame.source}\n${frame.name}`;
  const known = tree.children.get(key);
  if (known) return known;
  const made = emptyTree(frame);
  tree.children.set(key, made);
  return made;
}

function sumUp(tree: CallTree): number {
  tree.totalMs = tree.selfMs;
  for (const child of tree.children.values()) tree.totalMs += sumUp(child);
  return tree.totalMs;
}
