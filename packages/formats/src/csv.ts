import { FormatError } from './dataset.ts';
import type { FileSource } from './files.ts';

/** The most characters of one field. */
const maxFieldLength = 64 * 1024 * 1024;

/**
 * The rows of a comma-separated file (RFC 4180) as fields by the names of the first row. Quoted fields may hold commas,
 * line ends and doubled quotes. Rows with fewer fields have empty ones. @throws {FormatError} on an endless field.
 */
export async function* readCsv(source: FileSource, path: string): AsyncIterable<ReadonlyMap<string, string>> {
  let header: string[] | undefined;
  for await (const row of csvRows(source, path)) {
    if (header === undefined) header = row;
    else if (row.length > 1 || row[0] !== '') yield new Map(header.map((name, index) => [name, row[index] ?? '']));
  }
}

/** The rows of a comma-separated file as they are, the first one too. @throws {FormatError} on an endless field. */
export async function* csvRows(source: FileSource, path: string): AsyncIterable<string[]> {
  const decoder = new TextDecoder();
  let row: string[] = [];
  let [field, isQuoted, wasQuote, hadQuotes] = ['', false, false, false];
  const ready: string[][] = [];
  const take = (text: string) => {
    for (const character of text) {
      if (isQuoted && !wasQuote) {
        if (character === '"') wasQuote = true;
        else field += character;
        continue;
      }
      if (wasQuote && character === '"') {
        field += '"';
        wasQuote = false;
        continue;
      }
      if (wasQuote) [isQuoted, wasQuote] = [false, false];
      if (character === '"' && field === '' && !hadQuotes) [isQuoted, hadQuotes] = [true, true];
      else if (character === ',' || character === '\n') {
        const hasLineEnd = character === '\n' && !hadQuotes && field.endsWith('\r');
        row.push(hasLineEnd ? field.slice(0, -1) : field);
        [field, hadQuotes] = ['', false];
        if (character === '\n') {
          ready.push(row);
          row = [];
        }
      } else if (!(hadQuotes && character === '\r')) field += character;
    }
    if (field.length > maxFieldLength)
      throw new FormatError(`${path} has a field of more than ${maxFieldLength} characters`);
  };
  for await (const chunk of source.open(path) ?? []) {
    take(decoder.decode(chunk, { stream: true }));
    yield* ready.splice(0);
  }
  take(decoder.decode());
  if (field !== '' || row.length > 0) ready.push([...row, field]);
  yield* ready;
}

/** Fields as a line, quoted where needed. */
export function csvLine(fields: readonly (string | number)[]): string {
  const quote = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return `${fields.map((field) => quote(String(field))).join(',')}\n`;
}
