import { AgentRequestError } from "./agent-errors.ts";
import type { AgentState } from "./state/agent-state.ts";

const PROXIES = ["http-proxy", "https-proxy", "ftp-proxy", "no-proxy"];

/** Settings of a model that this agent heeds. */
const MODEL_SETTINGS: readonly string[] = [
  ...PROXIES,
  ...PROXIES.map((name) => `juju-${name}`),
  "automatically-retry-hooks",
];

/** @throws AgentRequestError for a setting that this agent does not have */
export function changeModelConfig(state: AgentState, change: Readonly<Record<string, string>>): AgentState {
  const unknown = Object.keys(change).find((name) => !MODEL_SETTINGS.includes(name));
  if (unknown !== undefined) {
    throw new AgentRequestError(
      `Cannot configure the model: unknown setting "${unknown}", it has ${MODEL_SETTINGS.join(", ")}`,
    );
  }
  return { ...state, model: { ...state.model, config: { ...state.model.config, ...change } } };
}
