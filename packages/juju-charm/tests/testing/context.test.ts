import { Context } from "../../src/testing/index.ts";
import { ProbeCharm } from "./behaviour-charm.ts";
import { describeBackend } from "./behaviour.ts";
import { METADATA } from "./behaviour-metadata.ts";

describe("Context", () => {
  describeBackend(() => Promise.resolve(new Context(ProbeCharm, { metadata: METADATA })));
});
