import { AgentRequestError } from "./agent-errors.ts";
import type { AgentState } from "./state/agent-state.ts";

const PROXIES = ["http-proxy", "https-proxy", "ftp-proxy", "no-proxy"];

/** Whether failed hooks run again by themselves. */
export const RETRY_SETTING = "automatically-retry-hooks";

/** Whether the model lets failed hooks run again with the next command that runs hooks. */
export function retriesHooks(config: Readonly<Record<string, string>>): boolean {
  return config[RETRY_SETTING] !== "false";
}

/** Model settings that this agent supports. */
const MODEL_SETTINGS: readonly string[] = [
  ...PROXIES,
  ...PROXIES.map((name) => `juju-${name}`),
  RETRY_SETTING,
];

/** Changes model settings. @throws AgentRequestError for an unsupported setting */
export function changeModelConfig(state: AgentState, change: Readonly<Record<string, string>>): AgentState {
  const unknown = Object.keys(change).find((name) => !MODEL_SETTINGS.includes(name));
  if (unknown !== undefined) {
    throw new AgentRequestError(
      `Cannot configure the model: unknown setting "${unknown}", use one of ${MODEL_SETTINGS.join(", ")}`,
    );
  }
  return { ...state, model: { ...state.model, config: { ...state.model.config, ...change } } };
}
