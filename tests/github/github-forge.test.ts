import { expect } from "chai";
import {
  NameTakenError,
  RefusedError,
  RegistrationLostError,
  UnavailableError,
} from "../../src/github/errors.ts";
import { Redactor, systemClock } from "charm-kit";
import { rejection } from "../support/rejection.ts";
import {
  clientOf,
  empty,
  json,
  justInTime,
  never,
  page,
  raw,
  registered,
  reset,
  runner,
  silent,
  useStubGithub,
  TOKEN,
} from "./support.ts";

const RUNNERS = "/repos/octo/hello/actions/runners";
const REGISTER = `POST ${RUNNERS}/generate-jitconfig`;
const LIST = `GET ${RUNNERS}`;

describe("GithubForge", () => {
  const github = useStubGithub();

  describe("register()", () => {
    it("gives the configuration of a new runner in the default group", async () => {
      github.on(REGISTER, registered(7));
      const { id, jitConfig } = await justInTime(
        clientOf(github).register("app-0-7", ["self-hosted", "x64"], never),
      );
      expect(id).to.equal(7);
      expect(jitConfig.reveal()).to.equal("aml0LWNvbmZpZw==");
      expect(github.requests[0]?.body).to.deep.equal({
        name: "app-0-7",
        labels: ["self-hosted", "x64"],
        runner_group_id: 1,
        work_folder: "_work",
      });
    });

    it("identifies itself, the version of the API and the token on the wire", async () => {
      github.on(REGISTER, registered(7));
      await clientOf(github).register("app-0-7", ["x"], never);
      expect(github.requests[0]?.headers).to.include({
        authorization: `Bearer ${TOKEN}`,
        "x-github-api-version": "2022-11-28",
      });
      expect(github.requests[0]?.headers["user-agent"]).to.match(/^github-runner-charm /);
    });

    it("tells a name that is taken, after one request", async () => {
      github.on(
        REGISTER,
        json(409, { message: "Already exists - A runner with the name *** already exists." }),
      );
      const error = await rejection(clientOf(github).register("app-0-7", ["x"], never));
      expect(error).to.be.instanceOf(NameTakenError).with.property("runner", "app-0-7");
      expect(github.requests).to.have.length(1);
    });

    for (const [title, answer] of [
      ["a server error", json(502, { message: "Server Error" })],
      ["a connection that is reset", reset],
      ["an answer that is cut short", raw(201, '{"runner":{"id":7,', { "content-type": "application/json" })],
      ["a deadline", silent],
    ] as const) {
      it(`takes back what was registered in spite of ${title}`, async () => {
        github
          .on(REGISTER, answer)
          .on(LIST, page([runner(6), runner(7)]))
          .on(`DELETE ${RUNNERS}/7`, empty(204));
        const forge = clientOf(github, { deadlineMs: 1000 });
        const error = await rejection(forge.register("app-0-7", ["x"], never));
        expect(error).to.be.instanceOf(RegistrationLostError).with.property("cleaned", true);
        expect(github.requests.map(({ method, query }) => [method, query["name"]])).to.deep.equal([
          ["POST", undefined],
          ["GET", "app-0-7"],
          ["DELETE", undefined],
        ]);
      });
    }

    it("says that a registration may be left when GitHub stays away", async () => {
      github.on(REGISTER, reset).on(LIST, reset);
      const error = await rejection(clientOf(github).register("app-0-7", ["x"], never));
      expect(error).to.be.instanceOf(RegistrationLostError).with.property("cleaned", false);
      expect(error.cause).to.be.instanceOf(UnavailableError);
      expect(github.seen(REGISTER)).to.have.length(1);
    });

    it("tells what GitHub refuses, in GitHub's words", async () => {
      const body = {
        message: "Validation Failed",
        errors: ["labels are too long"],
        documentation_url: "https://x",
      };
      github.on(REGISTER, json(422, body));
      const error = await rejection(clientOf(github).register("app-0-7", ["x"], never));
      expect(error).to.be.instanceOf(RefusedError).with.property("status", 422);
      expect(error.message).to.contain("Validation Failed: labels are too long");
    });

    it("makes the configuration known to the redactor", async () => {
      github.on(REGISTER, registered(7));
      const redactor = new Redactor();
      const { jitConfig } = await justInTime(
        clientOf(github, { redactor }).register("app-0-7", ["x"], never),
      );
      expect(redactor.scrub(`config ${jitConfig.reveal()}`)).to.equal("config [redacted]");
    });

    it("hides the configuration until the runner has been gone for ten minutes, and no longer", async () => {
      let now = 1_700_000_000_000;
      const clock = { ...systemClock, now: () => now };
      const redactor = new Redactor(clock);
      const forge = clientOf(github, { redactor, clock });
      github.on(REGISTER, registered(7));
      const { jitConfig } = await justInTime(forge.register("app-0-7", ["x"], never));
      const isHidden = () => !redactor.scrub(jitConfig.reveal()).includes(jitConfig.reveal());
      const LIST = "GET /repos/octo/hello/actions/runners";
      // GitHub may list a new runner late.
      github.on(LIST, page([]));
      await forge.list(never);
      expect(isHidden()).to.equal(true);
      now += 24 * 60 * 60_000;
      github.on(LIST, page([runner(7)]));
      await forge.list(never);
      expect(isHidden()).to.equal(true);
      github.on(LIST, page([]));
      await forge.list(never);
      expect(isHidden()).to.equal(false);
    });

    it("hides the configuration for a week after its end, since no list tells of the runner any more", async () => {
      let now = 1_700_000_000_000;
      const clock = { ...systemClock, now: () => now };
      const redactor = new Redactor(clock);
      const forge = clientOf(github, { redactor, clock });
      github.on(REGISTER, registered(7));
      const { jitConfig } = await justInTime(forge.register("app-0-7", ["x"], never));
      forge.close();
      now += 6 * 24 * 60 * 60_000;
      redactor.add("another-value");
      expect(redactor.scrub(jitConfig.reveal())).to.equal("[redacted]");
      now += 2 * 24 * 60 * 60_000;
      redactor.add("another-value");
      expect(redactor.scrub(jitConfig.reveal())).to.equal(jitConfig.reveal());
    });

    it("registers eight runners without a pause between them", async () => {
      github.on(REGISTER, registered(7));
      // A pause would be longer than the test may be.
      const forge = clientOf(github, { secondMs: 10 * 60_000 });
      await Promise.all(
        Array.from({ length: 8 }, (_, index) => forge.register(`app-0-${index}`, ["x"], never)),
      );
      expect(github.requests).to.have.length(8);
    });

    it("waits for no client of another path, whatever that waits for", async () => {
      github.on("GET /orgs/slow/actions/runners", silent).on("GET /orgs/quick/actions/runners", page([]));
      const caller = new AbortController();
      const slow = clientOf(github, { at: "slow", deadlineMs: 60_000 });
      const waiting = Array.from({ length: 12 }, () => rejection(slow.list(caller.signal)));
      expect(await clientOf(github, { at: "quick" }).list(never)).to.deep.equal([]);
      caller.abort(new Error("enough"));
      await Promise.all(waiting);
    });

    it("spaces registrations beyond the burst", async () => {
      github.on(REGISTER, registered(7));
      const forge = clientOf(github, { writeRate: { burst: 2, perSecond: 20 } });
      const started = performance.now();
      await Promise.all(
        Array.from({ length: 4 }, (_, index) => forge.register(`app-0-${index}`, ["x"], never)),
      );
      expect(github.requests).to.have.length(4);
      expect((github.requests.at(-1)?.at ?? 0) - started).to.be.at.least(95);
    });
  });

  describe("deregister()", () => {
    for (const [title, answer, outcome] of [
      ["gone when GitHub deleted it", empty(204), "gone"],
      ["gone when it is not there", json(404, { message: "Not Found" }), "gone"],
      ["busy when GitHub refuses", json(422, { message: "Runner is still running a job" }), "busy"],
    ] as const) {
      it(`says ${title}`, async () => {
        github.on(`DELETE ${RUNNERS}/7`, answer);
        expect(await clientOf(github).deregister(7, never)).to.equal(outcome);
      });
    }

    it("asks again after a server error", async () => {
      github.on(`DELETE ${RUNNERS}/7`, json(500, {}), reset, empty(204));
      expect(await clientOf(github).deregister(7, never)).to.equal("gone");
      expect(github.requests).to.have.length(3);
    });
  });

  describe("get()", () => {
    it("reads one runner", async () => {
      github.on(`GET ${RUNNERS}/7`, json(200, runner(7, { status: "offline", busy: true })));
      const expected = { id: 7, name: "app-0-7", online: false, busy: true };
      expect(await clientOf(github).get(7, never)).to.deep.equal(expected);
    });

    it("gives nothing for a runner that is not registered", async () => {
      expect(await clientOf(github).get(7, never)).to.equal(undefined);
    });
  });

  describe("application()", () => {
    const sha256 = "AB".repeat(32);
    const offer = (os: string, architecture: string, more: object = {}) => ({
      os,
      architecture,
      filename: `actions-runner-${os}-${architecture}-2.337.0.${os === "win" ? "zip" : "tar.gz"}`,
      download_url: `https://github.com/actions/runner/${os}-${architecture}`,
      sha256_checksum: sha256,
      ...more,
    });

    it("picks the one for Linux and the architecture", async () => {
      const offers = [
        offer("osx", "arm64"),
        offer("linux", "x64"),
        offer("linux", "arm64"),
        offer("win", "x64"),
      ];
      github.on(`GET ${RUNNERS}/downloads`, json(200, offers));
      expect(await clientOf(github).application("arm64", never)).to.deep.equal({
        version: "2.337.0",
        filename: "actions-runner-linux-arm64-2.337.0.tar.gz",
        downloadUrl: "https://github.com/actions/runner/linux-arm64",
        sha256: sha256.toLowerCase(),
        downloadToken: undefined,
      });
    });

    it("has no checksum where GitHub gives none, and keeps the token of the download a secret", async () => {
      const more = { sha256_checksum: undefined, temp_download_token: "short-lived" };
      github.on(`GET ${RUNNERS}/downloads`, json(200, [offer("linux", "x64", more)]));
      const { sha256: checksum, downloadToken } = await clientOf(github).application("x64", never);
      expect(checksum).to.equal(undefined);
      expect(downloadToken?.reveal()).to.equal("short-lived");
    });

    it("tells that there is none for the architecture", async () => {
      github.on(`GET ${RUNNERS}/downloads`, json(200, [offer("win", "x64")]));
      const error = await rejection(clientOf(github).application("x64", never));
      expect(error).to.be.instanceOf(UnavailableError);
      expect(error.message).to.equal("Cannot find the runner application for linux x64: GitHub offers none");
    });
  });
});
