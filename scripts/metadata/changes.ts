/** The effect of a changed option on existing runners. */
export interface ChangeEffect {
  readonly idle: string;
  readonly busy: string;
}

/** The effects, by the `change` of an option in the configuration's schema. */
export const CHANGES: Readonly<Record<string, ChangeEffect>> = {
  replaces: {
    idle: "replaced at once by runners with the new configuration, the first one alone",
    busy: "finish their jobs, and are then replaced",
  },
  builds: {
    idle: "replaced once a new image is built",
    busy: "finish their jobs, and are then replaced",
  },
  scales: {
    idle: "started or removed, until the number is right",
    busy: "finish their jobs; surplus runners are not replaced",
  },
  limits: {
    idle: "stay; the limit applies at the next reconcile",
    busy: "stay; the limit applies at the next reconcile",
  },
  firewall: { idle: "stay; the firewall applies at once", busy: "stay; the firewall applies at once" },
  timer: { idle: "stay; the time of the next reconcile changes", busy: "stay" },
  fixed: {
    idle: "stay: after the first install the unit is blocked until the old value is restored",
    busy: "stay, like idle ones",
  },
  newUnits: { idle: "stay: it applies to new units", busy: "stay: it applies to new units" },
  nothing: { idle: "stay", busy: "stay" },
};
