import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { AgentMachine } from "./agent-machine.ts";
import { packCharm } from "../../packages/juju-agent/tests/tiny-charm.ts";
import { patience } from "../../packages/lxd-client/tests/support.ts";
import { packAgent } from "../../scripts/agent/pack-agent.ts";
import { jujuAgent } from "../../scripts/agent/products.ts";
import { hostArchitecture } from "juju-charm/pack";
import { ensureBaseImage } from "../support/base-image/ensure-base-image.ts";
import { reasonToSkipLxd } from "../support/lxd/reason-to-skip.ts";

const ROOT = join(import.meta.dirname, "../..");
const NAME = `agent${process.pid.toString(36)}`;
const LIMIT_MS = 540_000;
const HISTORY = "/root/history";

/** Keeps a list of its hooks, and has an event of its own that a timer starts as the runners' charm does. */
const DISPATCH = `name=\${JUJU_DISPATCH_PATH#hooks/}
echo "$name" >>${HISTORY}
case $name in
install) command -v juju-exec >${HISTORY}.exec ;;
start) status-set active "started" ;;
esac`;

const reason = reasonToSkipLxd();
const describeLxd = reason === undefined ? describe : describe.skip;

describeLxd(`The agent as a single file${reason === undefined ? "" : ` (skipped: ${reason})`}`, function () {
  this.timeout(LIMIT_MS);
  let directory = "";
  let machine: AgentMachine | undefined;
  const there = () => {
    if (machine === undefined) throw new Error("There is no machine");
    return machine;
  };
  const sh = (script: string) => there().sh(script);
  const awaited = (condition: string) => {
    there().awaited(condition);
  };
  const boot = () => {
    there().boot();
  };
  const history = () => sh(`cat ${HISTORY}`).trim().split("\n");
  const files = () => there().files();

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "agent-machine-"));
    await ensureBaseImage({}, patience(LIMIT_MS));
    const { path } = await packAgent(ROOT, directory, hostArchitecture(), await jujuAgent(ROOT));
    const charm = await packCharm(join(directory, "tiny.charm"), DISPATCH);
    machine = new AgentMachine(NAME);
    machine.push(path, "/root/agent");
    machine.push(charm, "/root/tiny.charm");
  });
  after(() => {
    machine?.[Symbol.dispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  it("contains no path of the machine that has packed it", () => {
    const content = readFileSync(join(directory, `juju-agent_${hostArchitecture()}`));
    expect(content.includes(ROOT)).to.be.false;
    sh("/root/agent --version");
    expect(sh(`grep -rlF '${ROOT}' /var/cache/juju-agent || true`)).to.equal("");
    sh("rm -r /var/cache/juju-agent");
  });

  it("runs a charm on a machine without Node.js and without a network, and leaves nothing after uninstall", () => {
    expect(sh("command -v node npm git || true")).to.equal("");
    const before = files();
    expect(sh("/root/agent install")).to.equal(
      "/usr/local/bin/juju-agent installed\njuju-agent.timer started: hooks run at boot and every 5 minutes\n",
    );
    // The timer's first run may otherwise come after the event that is looked for.
    awaited(
      "[ $(systemctl show --property=ExecMainExitTimestampMonotonic --value juju-agent.service) != 0 ]",
    );
    expect(sh("juju-agent deploy /root/tiny.charm 2>&1")).not.to.include("NOTE");
    expect(sh("juju-agent wait")).to.equal("tiny/0: active: started\n");
    const exec = sh(`cat ${HISTORY}.exec`).trim();
    expect(
      sh(`${exec} tiny/0 'JUJU_DISPATCH_PATH=hooks/from-timer ./dispatch'; tail -n 1 ${HISTORY}`),
    ).to.equal("from-timer\n");
    sh("juju-agent remove && juju-agent uninstall && rm -r /root/history*");
    expect(
      sh("systemctl list-units --all 'juju-agent*' --no-legend; systemctl --failed --no-legend"),
    ).to.equal("");
    expect(files()).to.equal(before);
  });

  it("runs the start hook after a restart of the machine without a person, and update-status by the clock", () => {
    // The clock begins with the restart.
    sh(
      "/root/agent install && systemctl stop juju-agent.timer && /root/agent --quiet deploy /root/tiny.charm",
    );
    expect(history()).to.deep.equal(["install", "leader-elected", "config-changed", "start"]);
    sh("rm /root/agent");
    there().lxc("restart", NAME);
    boot();
    awaited(`grep -q update-status ${HISTORY}`);
    awaited("[ $(systemctl show --property=ActiveState --value juju-agent.service) = inactive ]");
    expect(history().slice(4)).to.deep.equal(["start", "update-status"]);
    expect(sh("juju-agent status")).not.to.include("before the last boot");
    const timer = sh("systemctl show --property=NextElapseUSecMonotonic,ActiveState,Result juju-agent.timer");
    expect(timer).to.match(/ActiveState=active/);
    expect(timer).to.match(/NextElapseUSecMonotonic=(?!infinity)./);
  });

  it("continues a hook that a restart of the machine has interrupted", () => {
    const slow = `grep -q resumed ${HISTORY} || { touch /root/slow; sleep 3600; }`;
    sh(`juju-agent exec -- 'printf "#!/bin/sh\\n${slow.replaceAll('"', '\\"')}\\n" >slow; chmod +x slow'`);
    sh(
      "juju-agent exec -- 'sed -i \"2i [ \\$JUJU_DISPATCH_PATH != hooks/update-status ] || ./slow\" dispatch'",
    );
    sh("systemctl start --no-block juju-agent.service");
    awaited("[ -e /root/slow ]");
    there().lxc("restart", "--force", NAME);
    sh(`echo resumed >>${HISTORY}`);
    boot();
    awaited(`tail -n 1 ${HISTORY} | grep -q update-status`);
    expect(sh("juju-agent wait --timeout 60s")).to.equal("tiny/0: active: started\n");
  });

  it("ends a hook when its service is stopped, and leaves no process of it", () => {
    sh(`rm -f /root/slow; sed -i /resumed/d ${HISTORY}`);
    sh("systemctl start --no-block juju-agent.service");
    awaited("[ -e /root/slow ]");
    sh("systemctl stop juju-agent.service");
    expect(sh("pgrep -fc '^sleep 3600' || true").trim()).to.equal("0");
    expect(sh("juju-agent status")).to.include('interrupted: hook "update-status" runs again');
    sh(`echo resumed >>${HISTORY}`);
  });
});
