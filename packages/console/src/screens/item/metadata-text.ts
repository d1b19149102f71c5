import { texts } from '../../texts.ts';

/** Metadata as it stands in the editor. */
export function printMetadata(metadata: Record<string, unknown>): string {
  return JSON.stringify(metadata, null, 2);
}

/** Reads the editor's text; an empty one is an empty object. `fault` says what is wrong and where. */
export function parseMetadata(text: string): { metadata?: Record<string, unknown>; fault?: string } {
  if (text.trim() === '') return { metadata: {} };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return { fault: texts.item.metadataNotObject };
    return { metadata: value as Record<string, unknown> };
  } catch (error) {
    return { fault: `${texts.item.metadataInvalid} ${(error as Error).message}` };
  }
}
