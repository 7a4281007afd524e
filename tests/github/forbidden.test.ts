import { expect } from "chai";
import { rejection } from "../support/rejection.ts";
import { clientOf, json, never, useStubGithub } from "./support.ts";

const REGISTER = "POST /repos/octo/hello/actions/runners/generate-jitconfig";

describe("a 403 of GitHub", () => {
  const github = useStubGithub();

  const rows: readonly (readonly [text: string, code: string, remedy: string])[] = [
    [
      "Repository level self-hosted runners are disabled on this repository",
      "github-refused",
      "register runners at the organisation",
    ],
    ["Repository was archived so is read-only.", "github-refused", "unarchive the repository"],
    ["Actions has been disabled for this user.", "github-refused", "enable GitHub Actions"],
    [
      "Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization.",
      "github-access-blocked",
      "single sign-on",
    ],
    [
      "Although you appear to have the correct authorization credentials, the `octo` organization has an IP allow list enabled, and your IP address is not permitted to access this resource.",
      "github-access-blocked",
      "public address",
    ],
    ["Sorry. Your account was suspended. Please contact support.", "github-access-blocked", "reinstated"],
    ["This installation has been suspended", "github-access-blocked", "reinstated"],
    ["Resource not accessible by personal access token", "github-missing-permission", "the token needs"],
    ["Must have admin rights to Repository.", "github-missing-permission", "the token needs"],
    ["This token is read-only", "github-missing-permission", "the token needs"],
    ["Something new", "github-missing-permission", "the token needs"],
    // As some servers answer where runners are disabled.
    [
      "",
      "github-missing-permission",
      "where self-hosted runners are disabled, allow them in the Actions settings",
    ],
  ];
  for (const [message, code, remedy] of rows) {
    it(`is ${code} with GitHub's text and the remedy: ${message.slice(0, 60) || "none"}`, async () => {
      github.on(REGISTER, json(403, { message }));
      const error = await rejection(clientOf(github).register("app-0-1", ["x"], never));
      expect(error).to.include({ code, remedy: "person" });
      expect(error.message).to.contain(message.slice(0, 150)).and.to.contain(remedy);
    });
  }

  it("names the page that authorises a token for single sign-on", async () => {
    const link =
      "https://github.com/orgs/octo/sso?authorization_request=AZSCKtL4U8yX1H3sCQIVnVgmjmon5fWxks5YrqhJgah0b2tlbl9pZM4EuMz4";
    github.on(
      REGISTER,
      json(403, { message: "Resource protected." }, { "x-github-sso": `required; url=${link}` }),
    );
    const error = await rejection(clientOf(github).register("app-0-1", ["x"], never));
    expect(error).to.include({ code: "github-access-blocked" });
    expect(error.message).to.contain(`at ${link}`);
  });

  it("repeats no address that is no page of a web site", async () => {
    for (const url of ["javascript:alert(1)", `https://github.com/${"x".repeat(400)}`, "nonsense"]) {
      github.on(REGISTER, json(403, { message: "SAML" }, { "x-github-sso": `required; url=${url}` }));
      const error = await rejection(clientOf(github).register("app-0-1", ["x"], never));
      expect(error.message).not.to.contain(url);
    }
  });
});
