import { frozen } from "./frozen.ts";

/** The data of one member of a relation. */
export type DataBag = Readonly<Record<string, string>>;

/** Keys that every version of Juju writes when a unit joins a relation. Juju 3 also writes `private-address`. */
export const ADDRESSES: DataBag = frozen({
  "egress-subnets": "192.0.2.0/32",
  "ingress-address": "192.0.2.0",
});
