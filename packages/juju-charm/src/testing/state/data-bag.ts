import { frozen } from "./frozen.ts";

/** What one member of a relation shares. */
export type DataBag = Readonly<Record<string, string>>;

/** Keys that Juju writes itself when a unit enters a relation. */
export const ADDRESSES: DataBag = frozen({
  "egress-subnets": "192.0.2.0/32",
  "ingress-address": "192.0.2.0",
  "private-address": "192.0.2.0",
});
