import { expect } from "chai";

import { renderService, serviceName } from "../../src/service/service-files.ts";

describe("renderService()", () => {
  it("runs update-status at boot and five minutes after each run, and gives only the agent a signal", () => {
    const { service, timer } = renderService("juju-agent", "/var/lib/juju-agent", [
      "/usr/local/bin/juju-agent",
    ]);
    expect(service).to.deep.equal({
      name: "juju-agent.service",
      content: `[Unit]
Description=Juju unit agent in /var/lib/juju-agent
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
Environment=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin
ExecStart=/usr/local/bin/juju-agent --quiet --state /var/lib/juju-agent update-status
KillMode=process
TimeoutStartSec=6h
`,
    });
    expect(timer.name).to.equal("juju-agent.timer");
    expect(timer.content).to.include("\nOnActiveSec=1s\nOnUnitInactiveSec=5m\n");
    expect(timer.content).to.include("\nWantedBy=timers.target\n");
  });

  it("has other units for another state directory", () => {
    expect(serviceName("juju-agent", "/srv/a")).to.match(/^juju-agent-[0-9a-f]{8}$/);
    expect(serviceName("juju-agent", "/srv/a")).not.to.equal(serviceName("juju-agent", "/srv/b"));
    expect(renderService("juju-agent", "/srv/100% mine", ["/a b/node", "/m.ts"]).service.content).to.include(
      'ExecStart="/a b/node" /m.ts --quiet --state "/srv/100%% mine" update-status\n',
    );
  });
});
