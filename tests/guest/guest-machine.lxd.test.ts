import { expect } from "chai";
import { END_JOURNAL, POLICY_TOKEN, POST_JOB_METRICS, PRE_JOB_METRICS } from "../../src/guest/paths.ts";
import { PLAIN_GUEST, type GuestSettings } from "../../src/guest/settings.ts";
import { Secret } from "charm-kit";
import { reasonToSkipLxd } from "../support/lxd/reason-to-skip.ts";
import { GuestMachine } from "./guest-machine.ts";
import { GuestServer } from "./guest-server.ts";
import { Tinyproxy } from "./tinyproxy.ts";

const reason = reasonToSkipLxd();
const suite = reason === undefined ? describe : describe.skip;

const JOB = {
  GITHUB_WORKFLOW: 'Tests "quoted" \\ and\nmore',
  GITHUB_REPOSITORY: "acme/widgets",
  GITHUB_EVENT_NAME: "push",
  GITHUB_RUN_ID: "4711",
  LANG: "C.UTF-8",
};

suite(`a runner on LXD${reason === undefined ? "" : ` (skipped: ${reason})`}`, function () {
  this.timeout(540_000);
  this.slow(5000);
  const guest = new GuestMachine("guestfiles", "10.219.92");
  let server: GuestServer;

  before(async () => {
    await guest.make();
    await guest.pretendDocker();
    server = await GuestServer.start(guest.hostAddress);
  });

  after(async () => {
    server.close();
    await guest.remove();
  });

  beforeEach(() => {
    server.received.length = 0;
    server.answer = { status: 200, text: "hello" };
  });

  /** Makes the guest a runner that listens for jobs. */
  const listening = async (settings: GuestSettings) => {
    expect(await guest.become(settings)).to.deep.equal({ code: 0, stdout: "listening\n", stderr: "" });
  };
  const metrics = async (path: string) =>
    JSON.parse(await guest.run(`cat ${path}`)) as Record<string, unknown>;
  const address = (port: number) => `http://${guest.hostAddress}:${port}`;

  it("has the user, the groups, the tools and the places that workflows expect", async () => {
    await guest.run(
      [
        "set -e",
        "test $(id -un 1000) = ubuntu",
        "for group in docker microk8s; do id -nG ubuntu | grep -qw $group; done",
        "test $(su ubuntu -c 'sudo -n id -u') = 0",
        "test $(stat -c %a /usr/local/bin) = 777",
        "su ubuntu -c 'touch /usr/local/bin/tool'",
        "su ubuntu -c 'python --version' | grep -q '^Python 3'",
        "test $(stat -c %U:%G /home/ubuntu/github-runner) = ubuntu:ubuntu",
      ].join("\n"),
    );
  });

  describe("on a server without just-in-time configuration", () => {
    const TOKEN = "AREGISTRATIONTOKENOFGITHUBS";
    /** Tells its arguments, its environment, and every command line and environment in the guest. */
    const CONFIG = `#!/bin/bash
echo "$*" >/tmp/config-arguments
env -0 >/tmp/config-environment
cat /proc/[0-9]*/cmdline >/tmp/command-lines 2>/dev/null
id -un >/tmp/config-user
`;

    before(async () => {
      await guest.run("cp /home/ubuntu/github-runner/config.sh /root/config.sh");
      await guest.write("/home/ubuntu/github-runner/config.sh", CONFIG);
      const registration = {
        by: "token",
        url: "https://ghes.example/acme",
        token: new Secret(TOKEN),
        name: guest.name,
        labels: ["self-hosted", "large"],
        group: "fast ones",
      } as const;
      expect(await guest.become(PLAIN_GUEST, registration)).to.include({ code: 0, stdout: "listening\n" });
    });

    after(() =>
      guest.run(
        "cp /root/config.sh /home/ubuntu/github-runner/config.sh; rm -f /tmp/config-* /tmp/command-lines",
      ),
    );

    it("registers by config.sh as the runner's user, for one job", async () => {
      expect(await guest.run("cat /tmp/config-arguments /tmp/config-user")).to.equal(
        "--unattended --ephemeral\nubuntu\n",
      );
      expect(await guest.variables("/tmp/config-environment")).to.include({
        ACTIONS_RUNNER_INPUT_URL: "https://ghes.example/acme",
        ACTIONS_RUNNER_INPUT_TOKEN: TOKEN,
        ACTIONS_RUNNER_INPUT_NAME: guest.name,
        ACTIONS_RUNNER_INPUT_LABELS: "self-hosted,large",
        ACTIONS_RUNNER_INPUT_RUNNERGROUP: "fast ones",
      });
    });

    it("starts the application without the token and the rest of it", async () => {
      const names = Object.keys(await guest.variables("/tmp/environment"));
      expect(names.filter((name) => name.startsWith("ACTIONS_RUNNER_INPUT_"))).to.deep.equal([]);
    });

    it("has the token on no command line, in no environment that is left, in no log and on no disk", async () => {
      await guest.run("rm /tmp/config-environment");
      const encoded = Buffer.from(TOKEN).toString("base64");
      for (const form of [TOKEN, encoded]) {
        // The pattern does not find the command line of its own search.
        const pattern = `[${form.slice(0, 1)}]${form.slice(1)}`;
        const found = await guest.run(
          [
            `grep -c '${pattern}' /tmp/command-lines || true`,
            `cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -c '${pattern}' || true`,
            `journalctl --no-pager | grep -c '${pattern}' || true`,
            `grep -rsl --devices=skip '${pattern}' /etc /home /root /tmp /run /usr/local /var || true`,
          ].join("\n"),
        );
        expect(found, form).to.equal("0\n0\n0\n");
      }
    });
  });

  describe("when its application ends", () => {
    const run = "/home/ubuntu/github-runner/run.sh";
    before(() => guest.run(`cp ${run} /root/run.sh`));
    after(() => guest.run(`cp /root/run.sh ${run}; rm -f ${END_JOURNAL}`));

    const endsWith = async (code: number, before = "true") => {
      await guest.write(
        run,
        `#!/bin/bash\necho "x: Listening for Jobs"; sleep 1; ${before}; echo "Out of cheese"; exit ${code}\n`,
      );
      await listening(PLAIN_GUEST);
      await guest.run("while systemctl is-active --quiet github-runner; do sleep 0.1; done");
    };

    it("leaves the end of the journal for the host after an error, for root alone", async () => {
      await endsWith(3);
      expect(await guest.run(`cat ${END_JOURNAL}`)).to.include("Out of cheese");
      expect(await guest.run(`stat -c '%a %U' ${END_JOURNAL}`)).to.equal("600 root\n");
    });

    it("leaves it after an end with 0 without a job, and nothing after a job", async () => {
      await guest.run(`rm -f ${END_JOURNAL} ${PRE_JOB_METRICS}`);
      await endsWith(0);
      expect(await guest.run(`cat ${END_JOURNAL}`)).to.include("Out of cheese");
      await guest.run(`rm ${END_JOURNAL}`);
      await endsWith(0, `: >${PRE_JOB_METRICS}`);
      expect(await guest.run(`ls ${END_JOURNAL} 2>/dev/null || echo none`)).to.equal("none\n");
    });
  });

  describe("behind a proxy", () => {
    let proxy: Tinyproxy;

    before(async () => {
      proxy = await Tinyproxy.start(guest.hostAddress);
      const url = address(proxy.port);
      await listening({
        ...PLAIN_GUEST,
        proxy: { http: url, https: `${url}/%41`, noProxy: "direct.example" },
      });
    });

    after(async () => {
      await proxy.stop();
    });

    const via = () => server.received.map(({ headers }) => headers.via ?? "direct");

    it("sends what the application asks for through it", async () => {
      const variables = await guest.variables("/tmp/environment");
      expect(variables).to.include({
        http_proxy: address(proxy.port),
        HTTPS_PROXY: `${address(proxy.port)}/%41`,
        NO_PROXY: `direct.example,${guest.name},.svc`,
      });
      const assignments = Object.entries(variables)
        .filter(([name]) => /_proxy$/i.test(name))
        .map(([name, value]) => `${name}='${value}'`);
      const page = await guest.run(`env ${assignments.join(" ")} curl --silent ${address(server.port)}/page`);
      expect(page).to.equal("hello");
      expect(via().join()).to.match(/tinyproxy/);
    });

    it("sends what a login of a user asks for through it", async () => {
      expect(await guest.run(`su --login ubuntu -c 'curl --silent ${address(server.port)}/page'`)).to.equal(
        "hello",
      );
      expect(via().join()).to.match(/tinyproxy/);
    });

    it("does not send there what it shall reach by itself", async () => {
      await guest.run(`echo '${guest.hostAddress} direct.example' >>/etc/hosts`);
      await guest.run(`su --login ubuntu -c 'curl --silent http://direct.example:${server.port}/page'`);
      expect(via()).to.deep.equal(["direct"]);
    });

    it("gives Docker's daemon the proxies, as systemd understands them", async () => {
      expect(await guest.variables("/run/docker-environment")).to.include({
        HTTP_PROXY: address(proxy.port),
        HTTPS_PROXY: `${address(proxy.port)}/%41`,
        no_proxy: `direct.example,${guest.name},.svc`,
      });
    });

    it("leaves the user's directory of Docker to the user", async () => {
      await guest.run("su ubuntu -c 'touch ~/.docker/other'");
      const owner = await guest.run(
        "stat -c %U:%a /home/ubuntu/.docker/config.json /root/.docker/config.json",
      );
      expect(owner).to.equal("ubuntu:600\nroot:600\n");
    });
  });

  describe("with aproxy", () => {
    const redirected = (port: number, more: Partial<GuestSettings> = {}): GuestSettings => ({
      ...PLAIN_GUEST,
      proxy: { http: "http://proxy.example:3128", https: undefined, noProxy: "" },
      aproxy: {
        upstream: "proxy.example:3128",
        excludeAddresses: ["192.168.0.0/16", "192.168.3.0-192.168.3.9"],
        redirectPorts: ["80", "443", String(port), `${port}-${port + 1}`],
      },
      ...more,
    });
    const fetch = (port = server.port) => guest.run(`curl --silent --max-time 5 ${address(port)}/`);

    before(async () => {
      await guest.pretendAproxy();
      await guest.run("echo '203.0.113.9 proxy.example' >>/etc/hosts");
    });

    after(async () => {
      await guest.run("nft delete table ip aproxy; systemctl stop aproxy; rm /usr/local/bin/snap");
    });

    it("sends traffic to it, and sets it up with the model's proxy", async () => {
      await listening(redirected(server.port));
      expect(await fetch()).to.equal("by aproxy");
      expect(server.received).to.deep.equal([]);
      expect(await guest.run("cat /tmp/snap-calls")).to.equal(
        "set aproxy proxy=proxy.example:3128 listen=:54969\n",
      );
      expect(await guest.run("nft list chain ip aproxy to_aproxy")).to.match(
        /counter packets 1 bytes \d+ dnat to/,
      );
    });

    it("counts anew for the next rules: they replace the first", async () => {
      await listening(redirected(server.port));
      expect(await guest.run("nft list table ip aproxy")).to.match(/counter packets 0 bytes 0 dnat/);
      expect(await guest.run("nft list tables")).to.equal("table ip aproxy\n");
    });

    it("sets no proxies in the environment", async () => {
      expect(await guest.run("cat /etc/environment")).to.not.match(/proxy/i);
      expect(await guest.variables("/tmp/environment")).to.not.have.any.keys("http_proxy", "HTTP_PROXY");
    });

    it("leaves other ports, excluded addresses and loopback alone", async () => {
      await listening(redirected(server.port + 10));
      expect(await fetch(), "another port").to.equal("hello");
      const { aproxy } = redirected(server.port);
      if (!aproxy) throw new Error("It is set above");
      const excludeAddresses = [`${guest.hostAddress.replace(/1$/, "0")}/24`];
      await listening(redirected(server.port, { aproxy: { ...aproxy, excludeAddresses } }));
      expect(await fetch(), "an excluded address").to.equal("hello");
      const { code } = await guest.attempt(`curl --silent --max-time 5 http://127.0.0.1:${server.port}/`);
      expect(code, "loopback, where nobody listens").to.equal(7);
    });

    it("lets aproxy and the policy check reach the proxy and the service themselves", async () => {
      const settings = redirected(server.port);
      if (!settings.aproxy) throw new Error("It is set above");
      const upstream = `${guest.hostAddress}:${server.port}`;
      await listening({ ...settings, aproxy: { ...settings.aproxy, upstream } });
      expect(await fetch(), "the proxy").to.equal("hello");
      const policy = { url: address(server.port), oneTimeToken: new Secret("token") };
      await listening({ ...settings, policy });
      expect(await fetch(), "the service").to.equal("hello");
    });

    it("takes no job where it cannot be set up", async () => {
      const settings = redirected(server.port);
      if (!settings.aproxy) throw new Error("It is set above");
      const unknown = { ...settings, aproxy: { ...settings.aproxy, upstream: "nowhere.invalid:3128" } };
      expect((await guest.become(unknown)).stdout).to.equal(
        "unprepared 1 Cannot find the address of the proxy nowhere.invalid\n",
      );
      await guest.write(
        "/usr/local/bin/snap",
        "#!/bin/bash\necho 'error: snap \"aproxy\" is not installed'; exit 1\n",
      );
      expect((await guest.become(settings)).stdout).to.equal(
        'unprepared 1 error: snap "aproxy" is not installed\n',
      );
      expect(await guest.run("cat /tmp/environment 2>/dev/null || echo not started")).to.equal(
        "not started\n",
      );
    });
  });

  it("gives jobs the mirror and the server for debugging sessions, and Docker the mirror", async () => {
    const debugSsh = {
      host: "203.0.113.5",
      port: 10022,
      rsaFingerprint: "SHA256:a/b+c",
      ed25519Fingerprint: "SHA256:d",
    };
    await listening({ ...PLAIN_GUEST, dockerMirror: "https://mirror.example:5000", debugSsh });
    expect(await guest.run("cat /etc/docker/daemon.json")).to.equal(
      '{"registry-mirrors":["https://mirror.example:5000"]}\n',
    );
    const login = await guest.run("su --login ubuntu -c env");
    expect(login).to.include("TMATE_SERVER_HOST=203.0.113.5\n").and.include("TMATE_SERVER_PORT=10022\n");
    const { code, stdout } = await guest.preJob(JOB);
    expect(code).to.equal(0);
    expect(stdout)
      .to.include("DOCKERHUB_MIRROR")
      .and.match(/microk8s .* its own configuration/);
  });

  describe("before a job", () => {
    it("runs the operator's script as the runner's user, with the job's environment", async () => {
      const preJobScript =
        "#!/usr/bin/env python3\nimport os\nprint(os.getuid(), os.environ['GITHUB_RUN_ID'])";
      await listening({ ...PLAIN_GUEST, preJobScript });
      expect(await guest.preJob(JOB)).to.deep.equal({
        code: 0,
        stdout: `Runner ${guest.name} was made for this job and is destroyed after it.\n1000 4711\n`,
        stderr: "",
      });
    });

    it("fails with the operator's script, before it writes metrics", async () => {
      await listening({ ...PLAIN_GUEST, preJobScript: "#!/bin/sh\necho no; exit 9\n" });
      expect(await guest.preJob(JOB)).to.include({ code: 9 });
      expect((await guest.attempt(`cat ${PRE_JOB_METRICS}`)).code).to.equal(1);
    });

    it("writes down which job it is, as JSON whatever the workflow is called", async () => {
      await listening(PLAIN_GUEST);
      const earliest = Math.floor(Date.now() / 1000);
      expect((await guest.preJob(JOB)).code).to.equal(0);
      const { timestamp, ...facts } = await metrics(PRE_JOB_METRICS);
      expect(facts).to.deep.equal({
        workflow: 'Tests "quoted" \\ and more',
        repository: "acme/widgets",
        event: "push",
        workflow_run_id: "4711",
      });
      expect(timestamp).to.be.within(earliest - 1, Date.now() / 1000 + 1);
      expect((await guest.preJob({ ...JOB, GITHUB_WORKFLOW: '"é\\'.repeat(900) })).code).to.equal(0);
      expect(Number(await guest.run(`stat -c %s ${PRE_JOB_METRICS}`))).to.be.at.most(1024);
      expect((await metrics(PRE_JOB_METRICS))["workflow"]).to.match(/^("é\\)+"é?$/);
    });

    it("lets the job begin where metrics cannot be written", async () => {
      await guest.run(`rm -rf ${PRE_JOB_METRICS}; chmod 755 /metrics-exchange`);
      expect((await guest.preJob(JOB)).code).to.equal(0);
      await guest.run("chmod 1777 /metrics-exchange");
    });
  });

  describe("with a policy", () => {
    const settings = (): GuestSettings => ({
      ...PLAIN_GUEST,
      proxy: { http: "http://127.0.0.1:1", https: undefined, noProxy: "" },
      policy: { url: `${address(server.port)}/api`, oneTimeToken: new Secret("one-time-token") },
    });
    const pull = JSON.stringify({
      pull_request: { title: '"; $(id)', head: { sha: "abc123", repo: { full_name: "mallory/widgets" } } },
    });

    const cases: readonly (readonly [event: string, path: string, body: object])[] = [
      [
        "pull_request",
        "/api/pull_request/check-run",
        {
          repository_name: "acme/widgets",
          source_repository_name: "mallory/widgets",
          target_branch_name: "main",
          source_branch_name: "feature'\"$x",
          commit_sha: "abc123",
        },
      ],
      ["push", "/api/push/check-run", { repository_name: "acme/widgets" }],
      ["workflow_dispatch", "/api/workflow_dispatch/check-run", { repository_name: "acme/widgets" }],
      ["schedule", "/api/schedule/check-run", { repository_name: "acme/widgets" }],
      ["issue_comment", "/api/default/check-run", { repository_name: "acme/widgets" }],
    ];
    for (const [event, path, body] of cases) {
      it(`asks the service about a job of ${event}, without a proxy and with the token`, async () => {
        await listening(settings());
        await guest.write("/tmp/event.json", pull);
        const { code, stdout } = await guest.preJob({
          ...JOB,
          GITHUB_EVENT_NAME: event,
          GITHUB_EVENT_PATH: "/tmp/event.json",
          GITHUB_BASE_REF: "main",
          GITHUB_HEAD_REF: "feature'\"$x",
          http_proxy: "http://127.0.0.1:1",
        });
        expect(code, stdout).to.equal(0);
        expect(server.received.map(({ method, path }) => `${method} ${path}`)).to.deep.equal([
          `POST ${path}`,
        ]);
        expect(server.received[0]?.headers).to.include({
          authorization: "Bearer one-time-token",
          "content-type": "application/json",
        });
        expect(JSON.parse(server.received[0]?.body ?? "")).to.deep.equal(body);
        expect((await guest.attempt(`test -e ${POLICY_TOKEN}`)).code, "the token is gone").to.equal(1);
        expect((await guest.attempt("systemctl is-active github-runner")).stdout).to.equal("active\n");
      });
    }

    const refusals = [
      [403, /The settings of repository acme\/widgets do not comply/, 403],
      [500, /service failed with HTTP status 500. Try again later/, 500],
      [0, /service cannot be reached. Try again later/, 0],
    ] as const;
    for (const [status, words, code] of refusals) {
      it(`ends job and runner when the service ${status === 0 ? "is away" : `answers ${status}`}`, async () => {
        server.answer = { status, text: "branch main is not protected" };
        const { policy } = settings();
        if (!policy) throw new Error("It is set above");
        await listening({ ...settings(), policy: status === 0 ? { ...policy, url: address(1) } : policy });
        const ended = await guest.preJob(JOB);
        // At once: ten seconds later the machine would be gone.
        const timer = await guest.attempt(
          "systemctl is-active github-runner-power-off.timer && systemctl stop github-runner-power-off.timer",
        );
        expect(timer.stdout).to.equal("active\n");
        expect(ended.code).to.equal(1);
        expect(ended.stdout).to.match(words);
        if (status !== 0) expect(ended.stdout).to.include("branch main is not protected");
        const { timestamp, ...facts } = await metrics(POST_JOB_METRICS);
        expect(facts).to.deep.equal({ status: "repo-policy-check-failure", status_info: { code } });
        expect(timestamp).to.be.a("number");
        await guest.run("while pgrep --exact Runner.Listener; do sleep 0.05; done");
      });
    }

    it("refuses a job when the token was used up", async () => {
      await listening(settings());
      await guest.run(`rm ${POLICY_TOKEN}`);
      expect((await guest.preJob(JOB)).code).to.not.equal(0);
      expect(server.received).to.deep.equal([]);
    });

    it("takes no job where the image lacks what the check needs", async () => {
      await guest.run("mv /usr/bin/jq /usr/bin/jq.away");
      expect((await guest.become(settings())).stdout).to.equal(
        "unprepared 1 repo-policy needs jq in the runner image, add it to image-packages\n",
      );
      await guest.run("mv /usr/bin/jq.away /usr/bin/jq");
    });
  });

  describe("at its end", () => {
    it("powers off when the application ends, and says how it ended", async () => {
      await listening(PLAIN_GUEST);
      await guest.run("rm /etc/systemd/system/github-runner.service.d/keep.conf; systemctl daemon-reload");
      await guest.run(
        "nohup bash -c 'sleep 0.3; pkill --signal KILL --exact Runner.Listener' >/dev/null 2>&1 &",
      );
      await stopped(guest);
      await guest.start();
      const facts = await metrics(POST_JOB_METRICS);
      expect(facts).to.deep.include({ status: "abnormal", status_info: { code: 137 } });
    });
  });
});

async function stopped(guest: GuestMachine): Promise<void> {
  const deadline = Date.now() + 30_000;
  while ((await guest.state()) !== "STOPPED") {
    if (Date.now() > deadline) throw new Error("The guest does not power off");
  }
}
