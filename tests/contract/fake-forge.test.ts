import { FakeForge } from "../runners/fake-forge.ts";
import { FakeSite } from "../runners/fake-site.ts";
import { PortCalls } from "../runners/port-calls.ts";
import { describeForge } from "./forge.contract.ts";

describe("FakeForge", () => {
  describeForge(() => {
    const site = new FakeSite();
    const forge = new FakeForge(site, new PortCalls());
    return Promise.resolve({
      forge,
      connect: (name) => {
        site.changeRegistration(name, { online: true });
        return Promise.resolve();
      },
      assignJob: (name) => {
        site.assignJob(name);
        return Promise.resolve();
      },
      removeJustInTime: () => {
        forge.lacksJustInTime = true;
        return Promise.resolve();
      },
      dispose: () => Promise.resolve(),
    });
  });
});
