import type { PortRange } from "../../tools/network-tools.ts";
import { portSpec } from "../../tools/port-spec.ts";
import { repeated, type Scenario } from "./scenario.ts";

const LARGEST_PORT = 65_535;

/** Resources are declared, each at most once. */
export function checkResources({ state, metadata }: Scenario): readonly string[] {
  const names = state.resources.map(({ name }) => name);
  return [
    ...repeated(names).map((name) => `there are several resources ${name}`),
    ...names
      .filter((name) => !(name in metadata.resources))
      .map((name) => `the resource ${name} is not in charm.yaml`),
  ];
}

/** Networks have a binding of global scope, an extra binding or `juju-info`, each at most once. */
export function checkNetworks({ state, metadata }: Scenario): readonly string[] {
  const bindings = state.networks.map(({ binding }) => binding);
  return [
    ...repeated(bindings).map((binding) => `the binding ${binding} has several networks`),
    ...bindings.flatMap((binding) => {
      if (binding === "juju-info" || metadata.extraBindings.includes(binding)) return [];
      const endpoint = metadata.relations[binding];
      if (!endpoint) return [`the binding ${binding} is neither an endpoint nor an extra binding`];
      return endpoint.scope === "container"
        ? [`the endpoint ${binding} has the scope container, which has no network`]
        : [];
    }),
  ];
}

/** Open ports are valid and do not overlap. */
export function checkPorts({ state }: Scenario): readonly string[] {
  const { openedPorts } = state;
  return openedPorts.flatMap((port, at) => {
    if (!isRange(port)) return [`${portSpec(port)} is not a port range`];
    const other = openedPorts.slice(0, at).find((earlier) => overlaps(earlier, port));
    return other ? [`the open ports ${portSpec(other)} and ${portSpec(port)} overlap`] : [];
  });
}

function isRange(port: PortRange): boolean {
  if (port.protocol === "icmp") return true;
  const { from, to } = port;
  return [from, to].every(Number.isInteger) && 0 <= from && from <= to && to <= LARGEST_PORT;
}

function overlaps(left: PortRange, right: PortRange): boolean {
  if (left.protocol === "icmp" || right.protocol === "icmp") return left.protocol === right.protocol;
  return left.protocol === right.protocol && left.from <= right.to && right.from <= left.to;
}

/** The number of planned units is 0 when the application is being removed. */
export function checkPlannedUnits({ state }: Scenario): readonly string[] {
  const { plannedUnits } = state;
  return Number.isInteger(plannedUnits) && plannedUnits >= 0
    ? []
    : [`plannedUnits is ${plannedUnits}, which is not a whole number from 0`];
}
