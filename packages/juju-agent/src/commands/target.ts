import { AgentRequestError } from "../agent-errors.ts";
import type { UnitAgent } from "../unit-agent.ts";

/** The named application, or the only one. @throws AgentRequestError */
export async function targetApplication(agent: UnitAgent, named: string | undefined): Promise<string> {
  if (named !== undefined) return named;
  const { applications } = await agent.status();
  return onlyOne(Object.keys(applications), "--app", "application");
}

/** The named unit, or the only one. @throws AgentRequestError */
export async function targetUnit(agent: UnitAgent, named: string | undefined): Promise<string> {
  if (named !== undefined) return named;
  const { applications } = await agent.status();
  const units = Object.values(applications).flatMap((application) => Object.keys(application.units));
  return onlyOne(units, "--unit", "unit");
}

function onlyOne(names: readonly string[], option: string, what: string): string {
  const [name, ...more] = names;
  if (name === undefined)
    throw new AgentRequestError(`Cannot choose the ${what}: there is none, deploy one first`);
  if (more.length === 0) return name;
  throw new AgentRequestError(`Cannot choose the ${what}: give ${option}, one of ${names.join(", ")}`);
}
