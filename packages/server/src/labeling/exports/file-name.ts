/** A name as a part of a file's name: letters, digits, dots, `_` and `-`; everything else becomes `-`. */
export function fileNameSafe(name: string): string {
  const safe = name
    .normalize('NFKD')
    .replaceAll(/[^\w.-]+/g, '-')
    .replaceAll(/^[-.]+|-+$/g, '');
  return safe === '' ? 'dataset' : safe.slice(0, 100);
}
