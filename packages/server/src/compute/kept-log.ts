/** Lines of a run's log that are kept, and characters of each. */
const maxLines = 10_000;
const maxLineLength = 2_000;

/** Passes on the lines of a log that are kept, as they are kept, and says once that it is full. */
export function keptLog(pass: (line: string) => void): (line: string) => void {
  let count = 0;
  return (line) => {
    count += 1;
    if (count <= maxLines) pass(line.replaceAll('\u0000', '').slice(0, maxLineLength));
    else if (count === maxLines + 1) pass('The log is full; what follows is left out.');
  };
}
