/** Verbs of juju that the agent has by the same name, and with the same words. */
const SAME = ["add-secret", "update-secret", "grant-secret", "revoke-secret"];

/** Verbs of juju that only a controller has, and why the agent is not asked to do them. */
export const NEEDS_CONTROLLER: Readonly<Record<string, string>> = {
  "add-unit": "units on further machines",
  integrate: "another application to relate to; relations are tested by the framework's testing kit",
  ssh: "a machine of the controller's",
};

/**
 * Makes a command of juju one of the embedded agent, which promises to do the same.
 *
 * @param words without `juju`
 * @returns words of the agent; undefined when the command needs a controller, by {@link NEEDS_CONTROLLER}, or is about
 *   another charm
 * @throws Error for a verb that nobody has thought of
 */
export function asAgent([verb = "", ...rest]: readonly string[]): readonly string[] | undefined {
  if (verb in NEEDS_CONTROLLER) return undefined;
  if (SAME.includes(verb)) return [verb, ...rest];
  const [target = "", ...others] = rest;
  switch (verb) {
    case "model-config":
      // The agent's log has all levels: there is no setting of them.
      return target.startsWith("logging-config=") ? undefined : [verb, ...rest];
    case "config":
      return ["config", "--app", target, ...others];
    case "run":
      // The agent waits as long as an action takes.
      return ["run", "--unit", target, ...others.filter((word) => !word.startsWith("--wait="))];
    case "status":
      return ["status"];
    case "debug-log":
      return ["debug-log", ...without(rest, "--include")];
    case "deploy":
      // A charm of Charmhub is somebody else's; the agent is one machine, and needs no number of it.
      return target.endsWith(".charm") ? ["deploy", target, ...without(others, "--to")] : undefined;
    case "refresh":
      return ["refresh", "--app", target, ...others.filter((word) => word !== "--path")];
    case "resolve":
      return ["resolve", "--unit", target];
    case "remove-application":
      // The agent attaches no storage.
      return ["remove", "--app", target, ...others.filter((word) => word !== "--destroy-storage")];
    default:
      throw new Error(`juju ${verb} is run by no test, and has no reason`);
  }
}

/** Words without an option and its value. */
function without(words: readonly string[], option: string): readonly string[] {
  return words.filter((word, index) => word !== option && words[index - 1] !== option);
}
