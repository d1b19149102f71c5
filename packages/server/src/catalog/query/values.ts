import { fault, textOf } from './compile.ts';
import type { Field } from './entity.ts';

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const rfc3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})$/;

/** A value of the field's type, as a parameter; anything else is a fault that says what is due. */
export function checkValue(field: Field, value: unknown, path: string): string | number | boolean | Date | Buffer {
  switch (field.type) {
    case 'number':
      if (typeof value !== 'number' || !Number.isFinite(value)) throw fault(path, 'must be a number');
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw fault(path, 'must be true or false');
      return value;
    case 'time': {
      const text = textOf(value, path);
      const date = rfc3339.test(text) ? new Date(text) : undefined;
      if (!date || Number.isNaN(date.getTime())) throw fault(path, 'must be an RFC 3339 time with a zone, e.g. 2026-01-31T18:04:05Z');
      return date;
    }
    case 'id': {
      const text = textOf(value, path);
      if (!uuid.test(text)) throw fault(path, 'must be a UUID');
      return text.toLowerCase();
    }
    case 'sha256': {
      const text = textOf(value, path);
      if (!/^[0-9a-f]{64}$/i.test(text)) throw fault(path, 'must be 64 hexadecimal digits');
      return Buffer.from(text, 'hex');
    }
    case 'enum': {
      const text = textOf(value, path);
      if (field.values && !field.values.includes(text)) throw fault(path, `must be one of ${field.values.join(', ')}`);
      return text;
    }
    default:
      return textOf(value, path);
  }
}
