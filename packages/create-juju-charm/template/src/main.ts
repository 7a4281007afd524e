import { main } from "juju-charm";
import { SampleCharm } from "./charm.ts";

await main(SampleCharm);
