import Mocha from "mocha";

/** Mocha's spec reporter, with the line that continuous integration counts by as the last one. */
class Reporter extends Mocha.reporters.Spec {
  override epilogue(): void {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    Mocha.reporters.Base.consoleLog(`${passes} passed, ${failures} failed, ${pending} skipped`);
  }
}

// eslint-disable-next-line no-restricted-syntax -- mocha loads a reporter by its default export
export default Reporter;
