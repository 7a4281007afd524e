/** Where data comes from, as labels say it. */
export interface Topology {
  readonly model: string;
  readonly modelUUID: string;
  readonly app: string;
  readonly charmName: string;
}

/** Labels of rules and what they raise. The unit is not among them: rules are for all units. */
export function labelsOf({ model, modelUUID, app, charmName }: Topology): Readonly<Record<string, string>> {
  return { juju_model: model, juju_model_uuid: modelUUID, juju_application: app, juju_charm: charmName };
}

/** Matchers that keep an expression to the application, for between braces. */
export function matchersOf({ model, modelUUID, app }: Topology): string {
  return `juju_model="${model}", juju_model_uuid="${modelUUID}", juju_application="${app}"`;
}

/** A short name, part of the names of rule groups. */
export function identifierOf({ model, modelUUID, app }: Topology): string {
  return `${model}_${modelUUID.slice(0, 8)}_${app}`;
}
