/** What a change of an option does to the runners that are there. */
export interface ChangeEffect {
  readonly idle: string;
  readonly busy: string;
}

/** The effects, by the word that the configuration's schema has for them. */
export const CHANGES: Readonly<Record<string, ChangeEffect>> = {
  replaces: {
    idle: "replaced at once by runners with the new configuration",
    busy: "finish their jobs, and are then replaced",
  },
  builds: {
    idle: "replaced once a new image is built",
    busy: "finish their jobs, and are then replaced",
  },
  scales: {
    idle: "started or taken away, until the number is right",
    busy: "finish their jobs; those too many are not replaced",
  },
  firewall: { idle: "stay; the firewall holds at once", busy: "stay; the firewall holds at once" },
  timer: { idle: "stay; the time of the next reconcile changes", busy: "stay" },
  fixed: {
    idle: "stay: after the first install the unit is blocked until the old value is back",
    busy: "stay, as idle ones do",
  },
  nothing: { idle: "stay", busy: "stay" },
};
