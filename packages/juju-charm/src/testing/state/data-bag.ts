import { frozen } from "./frozen.ts";

/** The data of one member of a relation. */
export type DataBag = Readonly<Record<string, string>>;

/** Keys that Juju writes when a unit joins a relation. */
export const ADDRESSES: DataBag = frozen({
  "egress-subnets": "192.0.2.0/32",
  "ingress-address": "192.0.2.0",
  "private-address": "192.0.2.0",
});
