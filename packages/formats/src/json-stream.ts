import { FormatError } from './dataset.ts';
import { concatBytes, decodeText, type FileSource } from './files.ts';

/**
 * A part of a large JSON file: an element of the root array (`key` is empty), an element of an array that is a member of
 * the root object (`index` counts from 0), or any other member of the root object whole (no `index`).
 */
export type JsonPart = { key: string; index?: number | undefined; bytes: Uint8Array };

/** The most bytes of one part: a mask of a large picture is tens of megabytes as plain counts. */
const maxPartBytes = 256 * 1024 * 1024;

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * Splits a JSON file into parts without holding it: memory is that of the largest part. Parts come in batches, one for
 * each chunk of the file. What is inside a part is judged by `parseJson` alone.
 * @throws {FormatError} when the file is not JSON of an object or an array, or a part is over 256 MiB.
 */
export async function* streamJson(source: FileSource, path: string): AsyncIterable<JsonPart[]> {
  const splitter = new JsonSplitter(path);
  for await (const chunk of source.open(path) ?? []) {
    const parts = splitter.push(chunk);
    if (parts.length > 0) yield parts;
  }
  splitter.end();
}

/** A part's value; the numbers that Python writes and JSON has not (`NaN`, `Infinity`) are null. @throws {FormatError} when it is not JSON. */
export function parseJson(bytes: Uint8Array | string, path: string): unknown {
  const text = typeof bytes === 'string' ? bytes : decodeText(bytes);
  try {
    return JSON.parse(text);
  } catch (error) {
    const plain = text.replaceAll(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (found) => (found.startsWith('"') ? found : 'null'));
    if (plain !== text) return parseJson(plain, path);
    if (error instanceof SyntaxError) throw new FormatError(`${path} is not JSON: ${error.message}`);
    if (error instanceof RangeError) throw new FormatError(`${path} is nested too deeply`);
    throw error;
  }
}

/** What the splitter waits for. */
type Wait =
  | 'root'
  | 'key'
  | 'firstKey'
  | 'colon'
  | 'value'
  | 'afterMember'
  | 'firstElement'
  | 'element'
  | 'afterElement'
  | 'end';

class JsonSplitter {
  readonly #path: string;
  #wait: Wait = 'root';
  #rootIsArray = false;
  #key = '';
  #index = 0;
  /** How the part that is being captured ends: with its brackets, its quote, or before the next delimiter. */
  #capture: 'none' | 'nested' | 'string' | 'scalar' = 'none';
  #depth = 0;
  #inString = false;
  #escaped = false;
  #kept: Uint8Array[] = [];
  #keptBytes = 0;
  #offset = 0;

  constructor(path: string) {
    this.#path = path;
  }

  push(chunk: Uint8Array): JsonPart[] {
    const parts: JsonPart[] = [];
    let at = this.#offset === 0 && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf ? 3 : 0;
    let start = at;
    while (at < chunk.length) {
      if (this.#capture === 'none') {
        const code = chunk[at] ?? 0;
        if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) at += 1;
        else {
          start = at;
          at += this.#step(code, at);
        }
        continue;
      }
      const end = this.#captureEnd(chunk, at);
      if (end === -1) break;
      this.#finish(concatBytes([...this.#kept, chunk.subarray(start, end)]), parts);
      at = end;
    }
    if (this.#capture === 'none') this.#keep(undefined);
    // A copy: the chunk is the caller's, who may use it again.
    else this.#keep(chunk.slice(this.#kept.length > 0 ? 0 : start));
    this.#offset += chunk.length;
    return parts;
  }

  end(): void {
    if (this.#wait !== 'end') throw new FormatError(`${this.#path} ends in the middle`);
  }

  #keep(bytes: Uint8Array | undefined): void {
    if (bytes === undefined) {
      this.#kept = [];
      this.#keptBytes = 0;
      return;
    }
    this.#kept.push(bytes);
    this.#keptBytes += bytes.length;
    if (this.#keptBytes > maxPartBytes)
      throw new FormatError(`${this.#path} has a part of more than ${maxPartBytes} bytes`);
  }

  /** Handles a byte between parts; returns how many bytes it used (0 when a capture begins at it). */
  #step(code: number, at: number): 0 | 1 {
    switch (this.#wait) {
      case 'root':
        if (code !== openBrace && code !== openBracket) break;
        this.#rootIsArray = code === openBracket;
        this.#wait = this.#rootIsArray ? 'firstElement' : 'firstKey';
        return 1;
      case 'firstKey':
      case 'key':
        if (code === closeBrace && this.#wait === 'firstKey') return this.#after('end');
        if (code !== quote) break;
        return this.#begin(code, at);
      case 'colon':
        if (code !== colon) break;
        return this.#after('value');
      case 'value':
        if (code !== openBracket) return this.#begin(code, at);
        this.#index = 0;
        return this.#after('firstElement');
      case 'firstElement':
      case 'element':
        if (code === closeBracket && this.#wait === 'firstElement')
          return this.#after(this.#rootIsArray ? 'end' : 'afterMember');
        return this.#begin(code, at);
      case 'afterElement':
        if (code === comma) return this.#after('element');
        if (code !== closeBracket) break;
        return this.#after(this.#rootIsArray ? 'end' : 'afterMember');
      case 'afterMember':
        if (code === comma) return this.#after('key');
        if (code !== closeBrace) break;
        return this.#after('end');
      default:
        break;
    }
    return this.#refuse(code, at);
  }

  #refuse(code: number, at: number): never {
    throw new FormatError(
      `${this.#path} is not JSON: unexpected ${JSON.stringify(String.fromCharCode(code))} at byte ${this.#offset + at}`,
    );
  }

  #after(wait: Wait): 1 {
    this.#wait = wait;
    return 1;
  }

  #begin(code: number, at: number): 0 {
    if (code === comma || code === colon || code === closeBrace || code === closeBracket) return this.#refuse(code, at);
    this.#capture = code === openBrace || code === openBracket ? 'nested' : code === quote ? 'string' : 'scalar';
    this.#depth = 0;
    this.#inString = false;
    this.#keep(undefined);
    return 0;
  }

  /** Where the captured part ends in a chunk (past its last byte), or -1 when it goes on. */
  #captureEnd(chunk: Uint8Array, from: number): number {
    for (let at = from; at < chunk.length; at += 1) {
      const code = chunk[at] ?? 0;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (code === backslash) this.#escaped = true;
        else if (code === quote) {
          this.#inString = false;
          if (this.#capture === 'string') return at + 1;
        }
      } else if (code === quote) this.#inString = true;
      else if (this.#capture === 'scalar') {
        if (code === comma || code === closeBrace || code === closeBracket || code <= 0x20) return at;
      } else if (code === openBrace || code === openBracket) this.#depth += 1;
      else if (code === closeBrace || code === closeBracket) {
        this.#depth -= 1;
        if (this.#depth === 0) return at + 1;
      }
    }
    return -1;
  }

  #finish(bytes: Uint8Array, parts: JsonPart[]): void {
    this.#capture = 'none';
    this.#keep(undefined);
    if (this.#wait === 'key' || this.#wait === 'firstKey') {
      this.#key = String(parseJson(bytes, this.#path));
      this.#wait = 'colon';
    } else if (this.#wait === 'value') {
      parts.push({ key: this.#key, bytes });
      this.#wait = 'afterMember';
    } else {
      parts.push({ key: this.#rootIsArray ? '' : this.#key, index: this.#index, bytes });
      this.#index += 1;
      this.#wait = 'afterElement';
    }
  }
}
