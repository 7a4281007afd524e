import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { REPOSITORY, Rig } from "../support/rig/rig.ts";
import { until } from "../support/rig/until.ts";

const TOKEN = "policy-token-of-the-charm";
const POLICY_PORT = 8081;
const PROXY_PORT = 3128;
const PRE_JOB_SCRIPT =
  "#!/usr/bin/env python3\nimport os\nprint('operator as', os.getuid(), 'for', os.environ['GITHUB_JOB_KIND'])\n";

endToEnd("the operator's settings in a runner", () => {
  let rig: Rig;
  let address: string;
  let namespace: string;
  const processes: ChildProcess[] = [];

  before(async () => {
    rig = await Rig.start({ application: "e2eguest" }, patience());
    address = new URL(rig.config["github-url"] ?? "").hostname;
    namespace = /^\S+-e2eguest/m.exec(execFileSync("ip", ["netns", "list"], { encoding: "utf8" }))?.[0] ?? "";
    await startPolicy();
    await startProxy();
    const proxy = `http://${address}:${PROXY_PORT}`;
    await rig.deploy(
      {
        "dockerhub-mirror": "https://mirror.example:5000",
        "pre-job-script": PRE_JOB_SCRIPT,
        "repo-policy": "external",
        "repo-policy-compliance-url": `http://${address}:${POLICY_PORT}`,
        "repo-policy-compliance-token": TOKEN,
      },
      patience(120_000),
    );
    await rig.agent.configureModel(
      { "juju-http-proxy": proxy, "juju-no-proxy": "direct.example" },
      patience(),
    );
    await rig.configure({ "virtual-machines": "2" }, patience(120_000));
  });

  after(async () => {
    for (const child of processes) child.kill("SIGKILL");
    await rig.close(patience(120_000));
  });

  /** In GitHub's network, which runners may reach as they may reach the Internet. */
  const start = (...command: readonly string[]) => {
    const words = ["netns", "exec", namespace, ...command];
    const child = spawn("ip", words, { stdio: ["ignore", "pipe", "inherit"] });
    processes.push(child);
    return child;
  };
  const startPolicy = async () => {
    const main = join(import.meta.dirname, "../support/policy/main.ts");
    const service = start(process.execPath, main, address, String(POLICY_PORT), TOKEN);
    await once(service.stdout, "data", { signal: patience() });
  };
  const startProxy = async () => {
    const config = join(rig.directory, "tinyproxy.conf");
    await writeFile(
      config,
      `Listen ${address}\nPort ${PROXY_PORT}\nTimeout 60\nMaxClients 50\nLogLevel Error\n`,
    );
    start("tinyproxy", "-d", "-c", config);
    const answers = () =>
      fetch(`http://${address}:${PROXY_PORT}/`).then(
        () => true,
        () => false,
      );
    await until("the proxy", answers, patience());
  };
  const job = async (steps: readonly string[], more: Parameters<Rig["queue"]>[2] = {}) => {
    const environment = { GITHUB_JOB_KIND: "test", ...more.environment };
    const { id } = await rig.queue(steps, patience(), { ...more, environment });
    return rig.ended(id, patience());
  };

  it("are what a job finds: proxies, mirror, tools; after the operator's script and the policy", async () => {
    const proxy = `http://${address}:${PROXY_PORT}`;
    const { conclusion, log, runnerName } = await job([
      `test "$HTTP_PROXY" = ${proxy} && test "$http_proxy" = ${proxy}`,
      'test "$NO_PROXY" = "direct.example,$RUNNER_NAME,.svc" && test "$no_proxy" = "$NO_PROXY"',
      `test "$(sudo su --login ubuntu -c 'printenv http_proxy')" = ${proxy}`,
      'test "$DOCKERHUB_MIRROR" = https://mirror.example:5000',
      'test "$CONTAINER_REGISTRY_URL" = https://mirror.example:5000',
      "grep -q mirror.example /etc/docker/daemon.json && grep -q httpProxy ~/.docker/config.json",
      "python --version && test ! -e /home/ubuntu/github-runner/.policy-token",
      `curl --silent --verbose http://${address}:${POLICY_PORT}/seen 2>&1`,
    ]);
    expect(conclusion, log).to.equal("success");
    expect(log).to.match(/operator as \d+ for test\n[^]*DOCKERHUB_MIRROR[^]*via: .*tinyproxy/i);
    await rig.gone(runnerName ?? "", patience());
  });

  it("stop a job that the policy refuses, and its runner with it", async () => {
    const { completedAt, conclusion, log, runnerName } = await job(["echo never"], {
      event: "pull_request",
      environment: { GITHUB_BASE_REF: "main", GITHUB_HEAD_REF: "patch" },
      payload: { pull_request: { head: { sha: "abc", repo: { full_name: "mallory/widgets" } } } },
    });
    expect(conclusion).to.be.oneOf(["failure", "cancelled"]);
    expect(log).to.include("Pull requests from forks need an approval.");
    expect(log).to.include(`The settings of repository ${REPOSITORY} do not comply`);
    expect(log).to.not.match(/^.*Z never$/m);
    await rig.gone(runnerName ?? "", patience());
    expect((Date.now() - (completedAt ?? 0)) / 1000, "time to hand logs in").to.be.within(5, 75);
  });

  it("make no runner without a token from the policy service", async () => {
    await rig.configure({ "repo-policy-compliance-token": "wrong", "virtual-machines": "1" }, patience());
    expect(await rig.status()).to.match(
      /HTTP status 401, it refuses the charm; correct repo-policy-compliance-token/,
    );
    expect(await rig.machines(patience())).to.deep.equal([]);
    expect(await rig.registrations(patience())).to.deep.equal([]);
  });
});
