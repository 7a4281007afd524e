import { expect } from "chai";
import { ScaleSetRefusedError } from "scale-set-client";
import { UnavailableError } from "../../src/github/errors.ts";
import { toScaleSetError } from "../../src/github/scale-set-errors.ts";

const context = { path: "octo", permission: "everything", now: () => 0, scrub: (text: string) => text };

describe("toScaleSetError()", () => {
  it("is of a session that is made again when GitHub says with a 400 that it has ended", () => {
    const action = "refresh the session of the scale set";
    const refused = new ScaleSetRefusedError(action, {
      status: 400,
      typeName: "GitHub.Actions.Runtime.WebApi.RunnerScaleSetSessionExpiredException, GitHub.Actions",
      detail: "The session identifier 4fd0ffb0 is not valid.",
      activityId: undefined,
      requestId: undefined,
      retryAfterSeconds: undefined,
      headers: {},
    });
    const error = toScaleSetError(refused, { ...context, action });
    expect(error).to.be.instanceOf(UnavailableError);
    expect(error)
      .to.have.property("message")
      .that.equals(
        `Cannot ${action}: GitHub answered 400 (The session identifier 4fd0ffb0 is not valid.); it is made again`,
      );
  });
});
