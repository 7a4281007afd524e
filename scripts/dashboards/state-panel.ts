import type { Panel, SeriesName, ShownState } from "./dashboard.ts";
import { stateNumber } from "./promql.ts";

/** A timeline of the states that a gauge shows for each unit, with 1 for one of them. */
export function statePanel({
  name,
  states,
  ...texts
}: Pick<Panel, "title" | "description"> & {
  readonly name: SeriesName;
  /** Colours by the values of the label `state`, in their order on the panel. */
  readonly states: Readonly<Record<string, ShownState["color"]>>;
}): Panel {
  const shown = Object.entries(states).map(([state, color]) => ({ text: state.replaceAll("_", " "), color }));
  return {
    ...texts,
    style: { kind: "states", states: shown },
    unit: "short",
    queries: [{ expression: stateNumber(name, Object.keys(states)), legend: "{{juju_unit}}" }],
  };
}
