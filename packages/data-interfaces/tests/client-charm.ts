import { Charm, StopWithStatus, type Framework } from "juju-charm";
import { readMetadata } from "juju-charm/metadata";
import { Context } from "juju-charm/testing";
import {
  DataInterface,
  type DataInterfaceOptions,
  type DataResource,
  type ProviderStatus,
} from "../src/index.ts";

const metadata = readMetadata({
  charm: `name: web
summary: S
description: D
requires:
  database:
    interface: postgresql_client
`,
});

/** What the charm in {@link clientContext} has seen. */
export interface Seen {
  readonly events: string[];
  readonly resources: (DataResource | undefined)[];
  readonly statuses: (readonly ProviderStatus[])[];
}

/** A charm that asks for a resource, and looks at it after each event, and at update-status. */
export function clientContext(
  request: DataInterfaceOptions["request"],
  { stops = false }: { readonly stops?: boolean } = {},
) {
  const seen: Seen = { events: [], resources: [], statuses: [] };
  const create = (framework: Framework) =>
    new (class ClientCharm extends Charm {
      constructor() {
        super(framework);
        const data = new DataInterface(this, { endpoint: "database", request });
        for (const name of [
          "created",
          "endpointsChanged",
          "credentialsChanged",
          "statusesChanged",
        ] as const) {
          framework.observe(data.on[name], async ({ payload: { relation } }) => {
            seen.events.push(name);
            seen.resources.push(await data.resource());
            seen.statuses.push(await data.statuses(relation));
            if (stops && seen.events.length === 1)
              throw new StopWithStatus({ name: "waiting", message: "Not now" });
          });
        }
        framework.observe(this.on.updateStatus, async () => void seen.resources.push(await data.resource()));
      }
    })();
  return { ctx: new Context(create, { metadata }), seen };
}
