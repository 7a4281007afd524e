import { expect } from "chai";
import { STANDARD_TOKEN } from "../support/github/http/callers.ts";
import type { RepositorySettings } from "../support/github/state/repository-settings.ts";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { REPOSITORY, Rig } from "../support/rig/rig.ts";
import { ServiceProcess } from "../support/rig/service-process.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const FORK = "mallory/widgets";
const PROTECTED: RepositorySettings = { branches: { main: { approvals: 1 } } };

endToEnd("the built-in policy", () => {
  let rig: Rig;
  let service: ServiceProcess;

  const set = (settings: RepositorySettings) =>
    rig.github.call("set-repository", { repository: REPOSITORY, settings }, patience());
  const idle = () =>
    service.shows("an idle runner", ({ counts }) => counts?.online === 1 && counts.busy === 0, patience());
  const job = async (steps: readonly string[], more: Parameters<Rig["queue"]>[2] = {}) => {
    const { id } = await rig.queue(steps, patience(), more);
    const ended = await rig.ended(id, patience());
    await rig.gone(ended.runnerName ?? "", patience());
    return ended;
  };
  const pullRequest = {
    event: "pull_request",
    environment: { GITHUB_BASE_REF: "main", GITHUB_HEAD_REF: "patch" },
    payload: { pull_request: { head: { sha: COMMIT, repo: { full_name: FORK } } } },
  };
  const pull = (comments: readonly { readonly by: string; readonly text: string }[]): RepositorySettings => ({
    ...PROTECTED,
    collaborators: [{ login: "boss", role: "write" }],
    pullRequests: [
      {
        number: 7,
        author: "mallory",
        source: FORK,
        sourceBranch: "patch",
        targetBranch: "main",
        commit: COMMIT,
        comments,
      },
    ],
  });

  before(async () => {
    rig = await Rig.start({ application: "e2epolicy" }, patience());
    service = new ServiceProcess(rig);
    await set(PROTECTED);
    await rig.deploy({ "repo-policy": "builtin" }, patience(180_000));
    service.start();
    await rig.configure({ "virtual-machines": "1" }, patience(120_000));
    await idle();
  });
  after(async () => {
    await service.kill("SIGTERM");
    await rig.close(patience(120_000));
  });

  it("lets a job run, which finds neither its token, nor credentials, nor another port of the machine", async () => {
    const gateway = "$(ip -4 route show default | cut -d' ' -f3)";
    const status = (url: string) =>
      `curl --silent --max-time 15 --output /dev/null --write-out '%{http_code}\\n' ${url} || true`;
    const { conclusion, log } = await job([
      "test ! -e /home/ubuntu/github-runner/.policy-token",
      `echo "guess: $(${status(`--request POST --header 'Authorization: Bearer guess' --data '{}' http://${gateway}:8470/push/check-run`)})"`,
      `echo "other port: $(${status(`http://${gateway}:8471/`)})"`,
      // The journal has the words of commands that sudo runs.
      `printf '%s%s\\n' ${STANDARD_TOKEN.slice(0, 12)} ${STANDARD_TOKEN.slice(12)} | sudo grep --recursive --files-with-matches --fixed-strings --file=- /home /etc /tmp /run 2>/dev/null && exit 1 || echo "no credentials"`,
    ]);
    expect(conclusion, log).to.equal("success");
    expect(log)
      .to.match(/guess: 401$/m)
      .and.match(/other port: 000$/m)
      .and.match(/no credentials$/m);
  });

  it("refuses a pull request of a stranger, and says in the job's log what is missing", async () => {
    await set(pull([]));
    await idle();
    const { conclusion, log } = await job(["echo never"], pullRequest);
    expect(conclusion).to.be.oneOf(["failure", "cancelled"]);
    expect(log).to.include(`Repository '${REPOSITORY}' may not use these runners:`);
    expect(log).to.include(`- approved-fork: commit ${COMMIT} of '${FORK}' is not approved`);
    expect(log).to.include("/canonical/self-hosted-runners/run-workflows");
    expect(log).to.not.match(/^.*Z never$/m);
  });

  it("lets it run once somebody with write access has approved its commit", async () => {
    await set(pull([{ by: "boss", text: `/canonical/self-hosted-runners/run-workflows ${COMMIT}` }]));
    await idle();
    const { conclusion, log } = await job(["echo approved"], pullRequest);
    expect(conclusion, log).to.equal("success");
  });

  it("knows a runner's token after its service was killed", async () => {
    await idle();
    await service.kill("SIGKILL");
    service.start();
    await service.shows("a new service", ({ counts }) => counts?.online === 1, patience());
    const { conclusion, log } = await job(["echo still"]);
    expect(conclusion, log).to.equal("success");
  });

  it("refuses jobs while its service is dead, and lets hooks create no runner", async () => {
    await idle();
    await service.kill("SIGKILL");
    const { conclusion, log } = await job(["echo never"]);
    expect(conclusion).to.be.oneOf(["failure", "cancelled"]);
    expect(log).to.include("The repository policy service cannot be reached. Try again later.");
    await rig.reconcile(patience(120_000));
    expect(await rig.status()).to.match(/the unit's runner service does not answer/);
    expect(await rig.machines(patience())).to.deep.equal([]);
    service.start();
    await idle();
    expect(await rig.github.call("violations", null, patience())).to.deep.equal([]);
  });
});
