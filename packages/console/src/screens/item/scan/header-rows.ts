import { lookUpTag } from '@fovea/medical/dicom/dictionary.ts';

/** A line of the header table. */
export interface HeaderRow {
  /** `(0010,0010)`, within sequences behind those that lead to it; the name of a field of a NIfTI header. */
  tag: string;
  name: string;
  vr: string;
  value: string;
  depth: number;
}

interface Attribute {
  vr?: string;
  Value?: unknown[];
  InlineBinary?: string;
}

const maxValue = 400;

/** The lines of a header in the DICOM JSON model, or of any other object. */
export function headerRows(header: Record<string, unknown>): HeaderRow[] {
  const isDicom = Object.keys(header).some((key) => /^[0-9A-F]{8}$/.test(key));
  if (isDicom) return dicomRows(header as Record<string, Attribute>, 0);
  return Object.entries(header).map(([tag, value]) => ({ tag, name: '', vr: '', value: cut(typeof value === 'string' ? value : JSON.stringify(value)), depth: 0 }));
}

function dicomRows(dataSet: Record<string, Attribute>, depth: number): HeaderRow[] {
  return Object.entries(dataSet).flatMap(([key, { vr = '', Value = [], InlineBinary }]): HeaderRow[] => {
    const row = { tag: `(${key.slice(0, 4)},${key.slice(4)})`, name: spaced(lookUpTag(Number.parseInt(key, 16))?.keyword ?? ''), vr, depth };
    if (vr === 'SQ') {
      const items = Value as Record<string, Attribute>[];
      return [{ ...row, value: `${items.length} ${items.length === 1 ? 'item' : 'items'}` }, ...items.flatMap((item) => dicomRows(item ?? {}, depth + 1))];
    }
    const value = InlineBinary === undefined ? Value.map(shown).join(' \\ ') : `${Math.floor((InlineBinary.length * 3) / 4)} bytes`;
    return [{ ...row, value: cut(value) }];
  });
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'object') return Object.values(value as Record<string, unknown>).join(' = ');
  return String(value);
}

function cut(text: string | undefined): string {
  return (text ?? '').length > maxValue ? `${(text ?? '').slice(0, maxValue)} …` : (text ?? '');
}

/** `PatientName` as `Patient Name`. */
function spaced(keyword: string): string {
  return keyword.replace(/([a-z0-9])([A-Z])/g, '$1 $2');
}

/** Rows in which every word of the search stands somewhere. */
export function searchRows(rows: readonly HeaderRow[], search: string): HeaderRow[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...rows];
  return rows.filter(({ tag, name, value }) => {
    const text = `${tag} ${tag.replace(/[(),]/g, '')} ${name} ${name.replaceAll(' ', '')} ${value}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
