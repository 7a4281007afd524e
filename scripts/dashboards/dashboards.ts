import type { Dashboard } from "./dashboard.ts";
import { FLEET } from "./fleet.ts";
import { MACHINE } from "./machine.ts";
import { WAITS } from "./waits.ts";

/** The dashboards of the charm, by the names of their files. */
export const DASHBOARDS: Readonly<Record<string, Dashboard>> = {
  "fleet.json": FLEET,
  "machine.json": MACHINE,
  "waits.json": WAITS,
};

/** Where the dashboards are in the repository and in the charm. */
export const DASHBOARD_DIRECTORY = "observability/grafana_dashboards";
