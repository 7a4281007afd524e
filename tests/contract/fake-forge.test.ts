import { FakeForge } from "../runners/fake-forge.ts";
import { FakeSite } from "../runners/fake-site.ts";
import { PortCalls } from "../runners/port-calls.ts";
import { describeForge } from "./forge.contract.ts";

describe("FakeForge", () => {
  describeForge(() => {
    const site = new FakeSite();
    return Promise.resolve({
      forge: new FakeForge(site, new PortCalls()),
      connect: (name) => {
        site.changeRegistration(name, { online: true });
        return Promise.resolve();
      },
      assignJob: (name) => {
        site.assignJob(name);
        return Promise.resolve();
      },
      dispose: () => Promise.resolve(),
    });
  });
});
