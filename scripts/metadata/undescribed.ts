import type { CharmMetadata } from "juju-charm/metadata";

/** What of a charm's metadata has no description, which Juju would let pass and a reference page cannot. */
export function undescribed({ options, actions }: CharmMetadata): readonly string[] {
  return [
    ...without(options).map((name) => `option ${name} has no description`),
    ...without(actions).map((name) => `action ${name} has no description`),
    ...Object.entries(actions).flatMap(([action, { params }]) =>
      without(params).map((name) => `parameter ${name} of action ${action} has no description`),
    ),
  ];
}

function without(described: Readonly<Record<string, { readonly description: string }>>): string[] {
  return Object.entries(described).flatMap(([name, { description }]) => (description.trim() ? [] : [name]));
}
