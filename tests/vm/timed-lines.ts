/** Prints lines with the minutes since the first call. */
export function timedLines(): (text: string) => void {
  const began = performance.now();
  return (text) => {
    const minutes = Math.floor((performance.now() - began) / 60_000);
    process.stdout.write(`${String(minutes).padStart(3)} min  ${text}\n`);
  };
}
