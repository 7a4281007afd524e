/** The program of the packed charm that the out-of-process backend is tested with. */
import { main } from "../../src/index.ts";
import { ProbeCharm } from "./behaviour-charm.ts";

await main(ProbeCharm);
