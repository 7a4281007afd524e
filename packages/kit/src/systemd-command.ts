/**
 * Renders a command for `ExecStart=` of a systemd unit file, so that the program gets the words unchanged: systemd expands
 * percent signs and dollar signs, and splits at spaces.
 *
 * @param command absolute path and arguments; without line breaks, which a unit file cannot contain.
 */
export function renderSystemdCommand(command: readonly string[]): string {
  return command.map(quote).join(" ");
}

function quote(word: string): string {
  const literal = word.replaceAll("%", "%%").replaceAll("$", "$$$$").replaceAll(/["\\]/g, "\\$&");
  return word === "" || /[\s"'\\;]/.test(word) ? `"${literal}"` : literal;
}
