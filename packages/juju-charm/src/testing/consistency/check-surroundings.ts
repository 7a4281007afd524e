import type { PortRange } from "../../tools/network-tools.ts";
import { portSpec } from "../../tools/port-spec.ts";
import { repeated, type Scene } from "./scene.ts";

const LARGEST_PORT = 65_535;

/** Resources are declared. */
export function checkResources({ state, metadata }: Scene): readonly string[] {
  const names = state.resources.map(({ name }) => name);
  return [
    ...repeated(names).map((name) => `the resource ${name} is there several times`),
    ...names
      .filter((name) => !(name in metadata.resources))
      .map((name) => `the resource ${name} is not in charm.yaml`),
  ];
}

/** Networks are of endpoints of global scope, of extra bindings or of `juju-info`, each at most once. */
export function checkNetworks({ state, metadata }: Scene): readonly string[] {
  const bindings = state.networks.map(({ binding }) => binding);
  return [
    ...repeated(bindings).map((binding) => `the binding ${binding} has several networks`),
    ...bindings.flatMap((binding) => {
      if (binding === "juju-info" || metadata.extraBindings.includes(binding)) return [];
      const endpoint = metadata.relations[binding];
      if (!endpoint) return [`the binding ${binding} is neither an endpoint nor an extra binding`];
      return endpoint.scope === "container"
        ? [`the endpoint ${binding} has the scope container and so no network`]
        : [];
    }),
  ];
}

/** Open ports are ports, and no port is in two ranges. */
export function checkPorts({ state }: Scene): readonly string[] {
  const { openedPorts } = state;
  return openedPorts.flatMap((port, at) => {
    if (!isRange(port)) return [`${portSpec(port)} is no range of ports`];
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

/** The unit itself is among those that are planned. */
export function checkPlannedUnits({ state }: Scene): readonly string[] {
  const { plannedUnits } = state;
  return Number.isInteger(plannedUnits) && plannedUnits >= 1
    ? []
    : [`${plannedUnits} units cannot be planned`];
}
