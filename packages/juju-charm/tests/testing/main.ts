/** The program of the packed charm in the tests of the out-of-process backend. */
import { main } from "../../src/index.ts";
import { ProbeCharm } from "./behaviour-charm.ts";

await main(ProbeCharm);
