import { expect } from "chai";
import { UnavailableError } from "../../src/github/errors.ts";
import type { CachedPage, EtagStore } from "../../src/github/etag-store.ts";
import { createLogger } from "charm-kit";
import { rejection } from "../support/rejection.ts";
import {
  type Answer,
  clientOf,
  empty,
  json,
  never,
  page,
  pages,
  raw,
  reset,
  runner,
  useStubGithub,
} from "./support.ts";

const RUNNERS = "/repos/octo/hello/actions/runners";
const LIST = `GET ${RUNNERS}`;

/** As a file of JSON would keep it. */
class JsonStore implements EtagStore {
  readonly texts = new Map<string, string>();

  get(url: string): Promise<unknown> {
    const text = this.texts.get(url);
    return Promise.resolve(text === undefined ? undefined : (JSON.parse(text) as unknown));
  }

  put(url: string, cached: CachedPage): Promise<void> {
    this.texts.set(url, JSON.stringify(cached));
    return Promise.resolve();
  }
}

describe("GithubForge.list()", () => {
  const github = useStubGithub();
  const idsOf = async (forge = clientOf(github)) => (await forge.list(never)).map(({ id }) => id);

  it("gives name, online and busy of every runner", async () => {
    github.on(LIST, page([runner(1, { busy: true }), runner(2, { status: "offline", name: "other" })]));
    expect(await clientOf(github).list(never)).to.deep.equal([
      { id: 1, name: "app-0-1", online: true, busy: true },
      { id: 2, name: "other", online: false, busy: false },
    ]);
  });

  it("asks for 100 a page, all pages, on its own server whatever the links say", async () => {
    const middle = { total: 3, next: true };
    github.on(
      LIST,
      pages(page([runner(1)], middle), page([runner(2)], middle), page([runner(3)], { total: 3 })),
    );
    expect(await idsOf()).to.deep.equal([1, 2, 3]);
    expect(github.requests.map(({ query }) => query)).to.deep.equal(
      ["1", "2", "3"].map((number) => ({ per_page: "100", page: number })),
    );
  });

  it("is empty where no runner is registered", async () => {
    github.on(LIST, page([]));
    expect(await idsOf()).to.deep.equal([]);
  });

  it("fails when a page in the middle answers 409, and does not ask again", async () => {
    github.on(LIST, pages(page([runner(1)], { total: 2, next: true }), json(409, { message: "Conflict" })));
    const error = await rejection(clientOf(github).list(never));
    expect(error).to.be.instanceOf(UnavailableError).with.property("status", 409);
    expect(github.requests).to.have.length(2);
  });

  it("fails when a page in the middle stays away", async () => {
    github.on(LIST, pages(page([runner(1)], { total: 2, next: true }), reset));
    expect(await rejection(clientOf(github).list(never))).to.be.instanceOf(UnavailableError);
  });

  for (const [title, answer] of [
    ["a server error", json(503, { message: "Unavailable" })],
    ["a page of HTML", raw(502, "<html><body>Bad gateway</body></html>", { "content-type": "text/html" })],
    ["a connection that is reset", reset],
  ] as const) {
    it(`asks again after ${title}`, async () => {
      github.on(LIST, answer, answer, page([runner(1)]));
      expect(await idsOf()).to.deep.equal([1]);
    });

    it(`gives up after ${title} three times`, async () => {
      github.on(LIST, answer);
      const error = await rejection(clientOf(github).list(never));
      expect(error).to.be.instanceOf(UnavailableError);
      expect(error.message).not.to.contain("<");
      expect(github.requests).to.have.length(3);
    });
  }

  /** Ends the connection before the length that the header announces. */
  const cutShort: Answer = (response) => {
    response.writeHead(200, { ...asJson, "content-length": "900" });
    response.write('{"total_count":0,"runners":[]}', () => response.destroy());
  };
  const asJson = { "content-type": "application/json" };
  for (const [title, answer] of [
    ["HTML", raw(200, "<html>log in</html>", { "content-type": "text/html" })],
    ["JSON that is cut short", raw(200, '{"total_count":1,"runners":[{"id":1,', asJson)],
    ["fewer bytes than announced", cutShort],
    ["nothing", raw(200, "")],
    ["JSON of another shape", json(200, { total_count: 1, runners: { id: 1 } })],
    ["no count", json(200, { runners: [] })],
    ["another status", empty(204)],
    ["304 to a question without a condition", empty(304)],
  ] as const) {
    it(`fails on a body that is ${title}`, async () => {
      github.on(LIST, answer);
      expect(await rejection(clientOf(github).list(never))).to.be.instanceOf(UnavailableError);
    });
  }

  describe("of a fleet that moves", () => {
    it("gives a runner once that two pages show, in its later view", async () => {
      const first = page([runner(1), runner(2)], { total: 3, next: true });
      github.on(LIST, pages(first, page([runner(2, { busy: true }), runner(3)], { total: 3 })));
      const listed = await clientOf(github).list(never);
      expect(listed.map(({ id, busy }) => [id, busy])).to.deep.equal([
        [1, false],
        [2, true],
        [3, false],
      ]);
    });

    it("finds the runner that moved to a page already read", async () => {
      // Runner 1 goes after page 1 was read; runner 3 moves to page 1, which nobody reads again.
      github.on(
        LIST,
        page([runner(1), runner(2)], { total: 4, next: true }),
        page([runner(4)], { total: 3 }),
        page([runner(2), runner(3)], { total: 3, next: true }),
        page([runner(4)], { total: 3 }),
      );
      expect((await idsOf()).sort()).to.deep.equal([2, 3, 4].concat(1).sort());
    });

    it("gives the union when the list never comes to rest", async () => {
      let total = 10;
      github.on(LIST, (response, request) => {
        const number = Number(request.query["page"]);
        total += 1;
        const runners = number === 1 ? [1, 2, 3, 4, 5, 6, 7] : [8, 9, 10, 11, 12, 13, 14, 15, 16, 17];
        page(
          runners.map((id) => runner(id)),
          { total, next: number === 1 },
        )(response, request);
      });
      expect(await idsOf()).to.have.length(17);
      expect(github.requests).to.have.length(6);
    });

    it("fails when the list stays too short and never comes to rest", async () => {
      let total = 10;
      github.on(LIST, (response, request) => {
        total += 1;
        page([runner(1)], { total })(response, request);
      });
      const error = await rejection(clientOf(github).list(never));
      expect(error).to.be.instanceOf(UnavailableError);
      expect(error.message).to.contain("counts 13 runners and lists 1");
    });

    it("fails when two equal readings have fewer runners than GitHub counts", async () => {
      github.on(LIST, page([runner(1)], { total: 2 }));
      const error = await rejection(clientOf(github).list(never));
      expect(error).to.be.instanceOf(UnavailableError);
      expect(error.message).to.contain("counts 2 runners and lists 1");
      expect(github.requests).to.have.length(2);
    });

    it("gives all runners of two equal readings that have more than GitHub counts", async () => {
      github.on(LIST, page([runner(1), runner(2)], { total: 1 }));
      expect(await idsOf()).to.deep.equal([1, 2]);
    });

    it("ends at an empty page whose link names a next one", async () => {
      github.on(LIST, pages(page([runner(1)], { total: 1, next: true }), page([], { total: 1, next: true })));
      expect(await idsOf()).to.deep.equal([1]);
    });
  });

  describe("of entries that lack a part", () => {
    const odd: readonly (readonly [title: string, change: object])[] = [
      ["no status", { status: null }],
      ["no busy", { busy: null }],
      ["an ID above 2^53", { id: 2 ** 60 }],
      ["no ID", { id: null }],
    ];
    for (const [title, change] of odd) {
      it(`marks one with ${title} as unreadable, and reads the others`, async () => {
        github.on(LIST, page([{ ...runner(1), ...change }, runner(2)], { total: 2 }));
        const [first, second] = await clientOf(github).list(never);
        expect(first).to.include({ name: "app-0-1", busy: true, isUnreadable: true });
        expect(second).to.deep.equal({ id: 2, name: "app-0-2", online: true, busy: false });
      });
    }

    it("reads an ID that is a text", async () => {
      github.on(LIST, page([{ ...runner(1), id: "1" }]));
      expect(await clientOf(github).list(never)).to.deep.equal([
        { id: 1, name: "app-0-1", online: true, busy: false },
      ]);
    });

    it("leaves one without a name out, counts it, and logs it", async () => {
      const lines: string[] = [];
      const log = createLogger(
        (level, line) => lines.push(`${level} ${line}`),
        (text) => text,
      );
      github.on(LIST, page([{ ...runner(1), name: null }, runner(2)], { total: 2 }));
      expect(await idsOf(clientOf(github, { log }))).to.deep.equal([2]);
      expect(lines.join("\n")).to.contain("cannot be read").and.to.contain("nameless=1");
      expect(github.requests).to.have.length(1);
    });
  });

  describe("with conditional requests", () => {
    const unlessKnown =
      (etag: string, answer: ReturnType<typeof page>): ReturnType<typeof page> =>
      (response, request) => {
        (request.headers["if-none-match"] === etag ? empty(304, { etag }) : answer)(response, request);
      };
    const twoPages = () =>
      pages(
        unlessKnown('W/"a"', page([runner(1)], { total: 2, next: true, etag: 'W/"a"' })),
        unlessKnown('"b"', page([runner(2)], { total: 2, etag: '"b"' })),
      );
    const conditions = () => github.requests.map(({ headers }) => headers["if-none-match"]);

    it("gives the pages it has when they still hold", async () => {
      github.on(LIST, twoPages());
      const forge = clientOf(github);
      expect(await idsOf(forge)).to.deep.equal([1, 2]);
      expect(await idsOf(forge)).to.deep.equal([1, 2]);
      expect(conditions()).to.deep.equal([undefined, undefined, 'W/"a"', '"b"']);
    });

    it("gives the new page when one changed", async () => {
      github.on(LIST, page([runner(1)], { etag: '"a"' }), page([runner(2)], { etag: '"b"' }), empty(304));
      const forge = clientOf(github);
      expect([await idsOf(forge), await idsOf(forge), await idsOf(forge)]).to.deep.equal([[1], [2], [2]]);
      expect(conditions()).to.deep.equal([undefined, '"a"', '"b"']);
    });

    it("asks without a condition once GitHub sends no ETag", async () => {
      github.on(LIST, page([runner(1)], { etag: '"a"' }), page([runner(2)]), page([runner(3)]));
      const forge = clientOf(github);
      expect([await idsOf(forge), await idsOf(forge), await idsOf(forge)]).to.deep.equal([[1], [2], [3]]);
      expect(conditions()).to.deep.equal([undefined, '"a"', undefined]);
    });

    it("goes on in another process with what a store kept", async () => {
      const etagStore = new JsonStore();
      github.on(LIST, twoPages());
      await idsOf(clientOf(github, { etagStore }));
      expect(await idsOf(clientOf(github, { etagStore }))).to.deep.equal([1, 2]);
      expect(conditions()).to.deep.equal([undefined, undefined, 'W/"a"', '"b"']);
    });

    it("keeps the pages of different paths apart", async () => {
      const etagStore = new JsonStore();
      github.on(LIST, twoPages()).on("GET /orgs/octo/actions/runners", twoPages());
      await idsOf(clientOf(github, { etagStore }));
      await idsOf(clientOf(github, { etagStore, at: "octo" }));
      expect(etagStore.texts.size).to.equal(4);
      expect(conditions()).to.deep.equal([undefined, undefined, undefined, undefined]);
    });

    it("asks anew when the store lost or garbled what it kept", async () => {
      github.on(LIST, page([runner(1)], { etag: '"a"' }));
      const broken: EtagStore = {
        get: () => Promise.reject(new Error("unreadable")),
        put: () => Promise.reject(new Error("disk full")),
      };
      const garbled: EtagStore = {
        get: () => Promise.resolve({ etag: '"a"' }),
        put: () => Promise.resolve(),
      };
      expect(await idsOf(clientOf(github, { etagStore: broken }))).to.deep.equal([1]);
      expect(await idsOf(clientOf(github, { etagStore: garbled }))).to.deep.equal([1]);
      expect(conditions()).to.deep.equal([undefined, undefined]);
    });
  });
});
