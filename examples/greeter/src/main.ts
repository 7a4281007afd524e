import { main } from "juju-charm";
import { GreeterCharm } from "./charm.ts";

await main(GreeterCharm);
