import { main } from "github-runner-charm/framework";
import { GreeterCharm } from "./charm.ts";

await main(GreeterCharm);
