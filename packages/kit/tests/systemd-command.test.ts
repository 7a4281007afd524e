import { expect } from "chai";
import { renderSystemdCommand } from "../src/systemd-command.ts";

describe("renderSystemdCommand()", () => {
  it("leaves plain words as they are", () => {
    expect(renderSystemdCommand(["/usr/bin/agent", "--state", "/var/lib/a-b_c.d"])).to.equal(
      "/usr/bin/agent --state /var/lib/a-b_c.d",
    );
  });

  it("keeps words whole and unexpanded", () => {
    expect(
      renderSystemdCommand(["/a", "two words", "100%", "$HOME", 'say "hi"', "back\\slash", ";", ""]),
    ).to.equal('/a "two words" 100%% $$HOME "say \\"hi\\"" "back\\\\slash" ";" ""');
  });
});
