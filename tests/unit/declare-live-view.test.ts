import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { askLiveView, readLiveSocket } from "../../packages/juju-agent/src/live/ask-live-view.ts";
import { ServiceApi } from "../../src/service/service-api.ts";
import { declareLiveView } from "../../src/unit/open-service.ts";
import { lonelySystem } from "../charm/lonely-system.ts";
import { busyUnit, LiveSite } from "../service/live-site.ts";
import { sampleStatus } from "../service/sample-status.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";

const signal = new AbortController().signal;

describe("declareLiveView()", () => {
  const directory = useTemporaryDirectory();
  const file = () => join(directory.path, "live-view.json");
  const unit = (env: Readonly<Record<string, string>> = {}) => {
    const system = { ...lonelySystem(directory.path), dataRoot: directory.path, env };
    return { system, unitName: "runners/0", deployment: "one" };
  };

  it("names the service's socket, and writes nothing that is there already", async () => {
    const env = { CHARM_LIVE_VIEW_FILE: file() };
    await declareLiveView(unit(env));
    expect(await readLiveSocket(file())).to.equal(join(directory.path, "runners-0/service.sock"));
    const { ino } = await stat(file());
    await declareLiveView(unit(env));
    expect((await stat(file())).ino).to.equal(ino);
  });

  it("does nothing where nobody reads it", async () => {
    await declareLiveView(unit());
    expect(await readFile(file(), "utf8").catch(() => "none")).to.equal("none");
  });

  it("leads the agent to the service's view, of which it understands everything", async () => {
    const site = await LiveSite.open();
    const { status, capsules, fill } = { ...busyUnit(Date.now()) };
    fill(site.waits);
    site.capsules = capsules;
    site.show(status);
    const path = join(directory.path, "service.sock");
    const options = { path, status: () => sampleStatus(), reconcile: () => Promise.resolve(sampleStatus()) };
    const api = new ServiceApi({ ...options, views: site.views });
    await api.open();
    try {
      const { format, ...sent } = await site.views.read();
      const heard = await askLiveView(path, signal);
      expect(format).to.equal(1);
      const sections = sent.sections.map((section) => {
        const known = Object.entries(section).filter(([name]) => name !== "unit");
        return Object.fromEntries(known);
      });
      expect(heard).to.deep.equal({ ...sent, at: heard?.at, sections });
    } finally {
      await api.close();
      await site.close();
    }
  });
});
