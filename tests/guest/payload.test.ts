import { inspect } from "node:util";
import { expect } from "chai";
import fc from "fast-check";
import { environmentFile } from "../../src/guest/environment-files.ts";
import { renderPayload } from "../../src/guest/payload.ts";
import { preJobScript } from "../../src/guest/pre-job-script.ts";
import { registrationEnvironment } from "../../src/guest/registration.ts";
import { PLAIN_GUEST } from "../../src/guest/settings.ts";
import { Secret } from "charm-kit";

const none = new Map<string, Secret>();

describe("renderPayload()", () => {
  it("has a line for each file and each variable, and one that ends them", () => {
    const files = [{ path: "/a", mode: "0644", owner: "root", content: "hello" }] as const;
    const environment = new Map([["NAME", new Secret("value")]]);
    expect(renderPayload({ files, environment }).reveal()).to.equal(
      "file 0644 root /a aGVsbG8=\nenvironment NAME dmFsdWU=\nstart\n",
    );
  });

  it("has a line for the preparation, after all that it needs", () => {
    const environment = new Map([["NAME", new Secret("value")]]);
    expect(renderPayload({ files: [], environment, preparation: "/prepare" }).reveal()).to.equal(
      "environment NAME dmFsdWU=\nrun /prepare\nstart\n",
    );
  });

  it("has the content of a secret file like that of any other", () => {
    const files = [{ path: "/a", mode: "0600", owner: "ubuntu", content: new Secret("hello") }] as const;
    expect(renderPayload({ files, environment: none }).reveal()).to.equal(
      "file 0600 ubuntu /a aGVsbG8=\nstart\n",
    );
  });

  it("only starts the application when there is nothing else to do", () => {
    expect(renderPayload({ files: [], environment: none }).reveal()).to.equal("start\n");
  });

  it("keeps an operand for what is empty", () => {
    const files = [{ path: "/a", mode: "0644", owner: "root", content: "" }] as const;
    const environment = new Map([["NAME", new Secret("")]]);
    expect(renderPayload({ files, environment }).reveal()).to.equal(
      "file 0644 root /a =\nenvironment NAME =\nstart\n",
    );
  });

  it("puts any content into one line of plain words, from which it can be had back", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), (content) => {
        const file = { path: "/a", mode: "0600", owner: "ubuntu", content } as const;
        const [line, ...rest] = renderPayload({ files: [file], environment: none })
          .reveal()
          .split("\n");
        expect(rest).to.deep.equal(["start", ""]);
        const words = line?.split(" ") ?? [];
        expect(words.slice(0, 4)).to.deep.equal(["file", "0600", "ubuntu", "/a"]);
        expect(words).to.have.lengthOf(5);
        expect(Buffer.from(words[4] ?? "", "base64").equals(Buffer.from(content))).to.equal(true);
      }),
    );
  });

  it("is a secret as a whole", () => {
    const payload = renderPayload({ files: [], environment: new Map([["KEY", new Secret("private")]]) });
    for (const printed of [String(payload), JSON.stringify(payload), inspect(payload)]) {
      expect(printed).to.contain("[redacted]").and.not.contain("KEY");
    }
  });
});

describe("registrationEnvironment()", () => {
  const revealed = (variables: ReadonlyMap<string, Secret>) =>
    Object.fromEntries([...variables].map(([name, value]) => [name, value.reveal()]));

  it("holds a just-in-time configuration and nothing else", () => {
    const variables = registrationEnvironment({ by: "just-in-time", jitConfig: new Secret("configuration") });
    expect(revealed(variables)).to.deep.equal({ ACTIONS_RUNNER_INPUT_JITCONFIG: "configuration" });
  });

  it("holds the arguments of config.sh for a runner that registers itself", () => {
    const variables = registrationEnvironment({
      by: "token",
      url: "https://github.com/octo/cat",
      token: new Secret("token"),
      name: "runner-1",
      labels: ["self-hosted", "large"],
      group: undefined,
    });
    expect(revealed(variables)).to.deep.equal({
      ACTIONS_RUNNER_INPUT_URL: "https://github.com/octo/cat",
      ACTIONS_RUNNER_INPUT_TOKEN: "token",
      ACTIONS_RUNNER_INPUT_NAME: "runner-1",
      ACTIONS_RUNNER_INPUT_LABELS: "self-hosted,large",
    });
  });

  it("names the runner group of a runner that registers itself", () => {
    const variables = registrationEnvironment({
      by: "token",
      url: "https://github.com/octo",
      token: new Secret("token"),
      name: "runner-1",
      labels: ["self-hosted"],
      group: "Large ones",
    });
    expect(revealed(variables)).to.include({ ACTIONS_RUNNER_INPUT_RUNNERGROUP: "Large ones" });
  });
});

describe("environmentFile()", () => {
  it("is the published .env of a runner", () => {
    expect(environmentFile(PLAIN_GUEST)).to.deep.equal({
      path: "/home/ubuntu/github-runner/.env",
      mode: "0644",
      owner: "ubuntu",
      content: [
        "PATH=/home/ubuntu/.local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin",
        "LANG=C.UTF-8",
        "ACTIONS_RUNNER_HOOK_JOB_STARTED=/home/ubuntu/github-runner/pre-job.sh",
        "",
      ].join("\n"),
    });
  });

  it("names the pre-job script that the payload brings, which the runner's user may run and not change", () => {
    const { path, mode, owner } = preJobScript(PLAIN_GUEST);
    expect(environmentFile(PLAIN_GUEST).content).to.contain(`ACTIONS_RUNNER_HOOK_JOB_STARTED=${path}\n`);
    expect({ mode, owner }).to.deep.equal({ mode: "0755", owner: "root" });
  });
});
