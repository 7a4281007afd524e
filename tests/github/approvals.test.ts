import { expect } from "chai";
import { approversOf } from "../../src/github/approvals.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const OTHER = "f".repeat(40);
const WORDS = "/canonical/self-hosted-runners/run-workflows";

describe("approversOf()", () => {
  const byComment = (text: string) => approversOf(COMMIT, { comments: [{ by: "mona", text }], reviews: [] });
  const byReviews = (...reviews: readonly (readonly [state: string, commit?: string])[]) =>
    approversOf(COMMIT, {
      comments: [],
      reviews: reviews.map(([state, commit = COMMIT]) => ({ by: "mona", state, commit })),
    });

  for (const text of [
    `${WORDS} ${COMMIT}`,
    `Fine.\r\n\r\n  ${WORDS} ${COMMIT}\r\nThanks`,
    `ok: ${WORDS} ${COMMIT}.`,
  ]) {
    it(`has the author of the comment ${JSON.stringify(text)}`, () => {
      expect(byComment(text)).to.deep.equal(["mona"]);
    });
  }

  for (const text of [
    "",
    "LGTM",
    WORDS,
    `${WORDS} ${OTHER}`,
    `> ${WORDS} ${COMMIT}`,
    `  >> ${WORDS} ${COMMIT}`,
    `${WORDS} ${COMMIT}0`,
    `${WORDS} ${COMMIT.slice(0, 7)}`,
    `${WORDS}x ${COMMIT}`,
  ]) {
    it(`has nobody for the comment ${JSON.stringify(text)}`, () => {
      expect(byComment(text)).to.deep.equal([]);
    });
  }

  it("has those whose last word about this very commit is an approval", () => {
    expect(byReviews(["APPROVED"])).to.deep.equal(["mona"]);
    expect(byReviews(["APPROVED"], ["COMMENTED"])).to.deep.equal(["mona"]);
    expect(byReviews(["APPROVED", OTHER])).to.deep.equal([]);
    expect(byReviews(["APPROVED"], ["CHANGES_REQUESTED"])).to.deep.equal([]);
    expect(byReviews(["DISMISSED"])).to.deep.equal([]);
    expect(byReviews(["COMMENTED"])).to.deep.equal([]);
  });

  it("has everybody once", () => {
    const comments = [{ by: "mona", text: `${WORDS} ${COMMIT}` }];
    const reviews = [
      { by: "mona", state: "APPROVED", commit: COMMIT },
      { by: "lisa", state: "APPROVED", commit: COMMIT },
    ];
    expect(approversOf(COMMIT, { comments, reviews })).to.deep.equal(["mona", "lisa"]);
  });
});
