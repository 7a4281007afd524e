import { expect } from "chai";
import { ConditionError, createLogger, silentLogger } from "charm-kit";
import type { CheckRequest } from "../../src/compliance/check-request.ts";
import type { RepositoryFacts } from "../../src/compliance/ports.ts";
import { RepositoryChecks } from "../../src/compliance/repository-checks.ts";
import { MissingPermissionError, NotFoundError, RateLimitError } from "../../src/github/errors.ts";
import { rejection } from "../support/rejection.ts";
import { soon } from "../support/patience.ts";

const PUSH: CheckRequest = {
  event: "push",
  repository: { owner: "octo", name: "hello" },
  pullRequest: undefined,
};
const GOOD: RepositoryFacts = { outsideCollaborators: [], pullRequest: undefined };

class DiskError extends ConditionError {
  readonly code = "disk";
  readonly remedy = "person";
}

describe("RepositoryChecks", () => {
  const signal = soon;
  const check = (read: () => Promise<RepositoryFacts | undefined>, log = silentLogger) =>
    new RepositoryChecks({ reader: { read }, log }).check(PUSH, signal());
  const failing = (error: Error) => check(() => Promise.reject(error));

  it("allow what no rule refuses", async () => {
    expect(await check(() => Promise.resolve(GOOD))).to.deep.equal({ verdict: "allowed" });
  });

  it("refuse with the rule, and log it for the people of the unit", async () => {
    const lines: string[] = [];
    const log = createLogger(
      (_level, line) => lines.push(line),
      (text) => text,
    );
    const facts = { ...GOOD, outsideCollaborators: [{ login: "hubot", role: "admin" }] };
    const outcome = await check(() => Promise.resolve(facts), log);
    expect(outcome).to.have.property("verdict", "refused");
    expect(outcome)
      .to.have.property("text")
      .that.contains("outside collaborator 'hubot' has the role 'admin'");
    expect(lines.join()).to.contain("outside-collaborators").and.contain("octo/hello");
  });

  it("refuse repositories that the runners do not serve", async () => {
    expect(await check(() => Promise.resolve(undefined))).to.deep.equal({
      verdict: "refused",
      text: "These runners do not serve repository 'octo/hello'.",
    });
  });

  it("refuse what GitHub does not show", async () => {
    const outcome = await failing(new NotFoundError("read it", "octo", { status: 404 }));
    expect(outcome).to.have.property("verdict", "refused");
    expect(outcome).to.have.property("text").that.contains("to give its token access");
  });

  it("fail with GitHub, and tell strangers neither permissions nor addresses", async () => {
    const limit = { limit: "primary", resetAt: 0 } as const;
    expect(await failing(new RateLimitError("read it", limit, {}))).to.deep.equal({
      verdict: "failed",
      text: "GitHub's rate limit for the unit is reached. Run the job again in an hour.",
    });
    const lacking = {
      needed: "secret scope",
      granted: "x",
      accepted: "y",
      detail: "https://internal.example",
    };
    for (const error of [
      new MissingPermissionError("read it", lacking, {}),
      new DiskError("/var/lib/secret"),
      new Error("boom"),
    ]) {
      const outcome = await failing(error);
      expect(outcome).to.have.property("verdict", "failed");
      expect(JSON.stringify(outcome)).to.not.match(/secret|internal|boom/);
    }
  });

  it("end when they are aborted", async () => {
    const controller = new AbortController();
    const reason = new Error("the runner has closed the connection");
    const read = () => {
      controller.abort(reason);
      return Promise.reject(new Error("aborted"));
    };
    const checks = new RepositoryChecks({ reader: { read }, log: silentLogger });
    expect(await rejection(checks.check(PUSH, controller.signal))).to.equal(reason);
  });
});
