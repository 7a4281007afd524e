import { expect } from "chai";
import { readDemoCommand } from "./command-line.ts";

describe("readDemoCommand()", () => {
  let printed: string;
  let errors: string;
  beforeEach(() => {
    [printed, errors] = ["", ""];
  });

  const read = (...words: string[]) =>
    readDemoCommand(words, {
      print: (text) => void (printed += text),
      printError: (text) => void (errors += text),
    });

  it("runs the demo and cleans up unless it is told to keep it", () => {
    expect(read()).to.deep.equal({ verb: "run", keep: false });
    expect(read("--keep")).to.deep.equal({ verb: "run", keep: true });
  });

  it("takes the words behind job as the job's commands", () => {
    expect(read("job", "echo hi")).to.deep.equal({ verb: "job", script: "echo hi" });
    expect(read("job", "echo", "--keep")).to.deep.equal({ verb: "job", script: "echo --keep" });
  });

  it("leaves help behind a job's command to the job", () => {
    expect(read("job", "ls", "--help")).to.deep.equal({ verb: "job", script: "ls --help" });
    expect(read("job", "ls", "-h")).to.deep.equal({ verb: "job", script: "ls -h" });
  });

  it("takes a kept demo down", () => {
    expect(read("down")).to.deep.equal({ verb: "down" });
  });

  it("prints its help and that of its verbs", () => {
    for (const words of [["help"], ["--help"], ["-h"]]) {
      printed = "";
      expect(read(...words)).to.deep.equal({ verb: "told", exitCode: 0 });
      expect(printed).to.match(/^Usage: npm run demo -- /);
      for (const word of ["--keep", "job", "down"]) expect(printed).to.include(word);
    }
    for (const words of [
      ["job", "--help"],
      ["help", "job"],
    ]) {
      printed = "";
      expect(read(...words)).to.deep.equal({ verb: "told", exitCode: 0 });
      expect(printed).to.match(/^Usage: npm run demo -- job /);
    }
    expect(read("down", "--help")).to.deep.equal({ verb: "told", exitCode: 0 });
    expect(errors).to.equal("");
  });

  it("refuses what it does not know by name, and a job without commands", () => {
    const wrong: readonly (readonly [words: readonly string[], message: RegExp])[] = [
      [["--kepp"], /unknown option '--kepp'\n\(Did you mean --keep\?\)/],
      [["--keep", "extra"], /'extra'|too many arguments/],
      [["donw"], /unknown command 'donw'\n\(Did you mean down\?\)|too many arguments/],
      [["down", "--keep"], /unknown option '--keep'/],
      [["down", "extra"], /too many arguments for 'down'/],
      [["job"], /missing required argument 'commands'/],
      [["job", " "], /a job needs commands/],
    ];
    for (const [words, message] of wrong) {
      errors = "";
      expect(read(...words)).to.deep.equal({ verb: "told", exitCode: 2 });
      expect(errors).to.match(message);
    }
    expect(printed).to.equal("");
  });
});
