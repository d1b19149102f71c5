import { concatBytes, encodeText, type FileSource } from './files.ts';
import { isMediaPath } from './paths.ts';

/** A source whose texts in UTF-16 with a byte order mark, as some programs of Windows write them, come as UTF-8. */
export function asUtf8(source: FileSource): FileSource {
  const { slice } = source;
  return {
    list: () => source.list(),
    open(path) {
      const stream = source.open(path);
      return stream === undefined || isMediaPath(path) ? stream : transcoded(stream);
    },
    ...(slice && { slice: (path: string, from: number, to: number) => slice(path, from, to) }),
  };
}

async function* transcoded(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head: Uint8Array | undefined = new Uint8Array(0);
  let decoder: TextDecoder | undefined;
  for await (const part of stream) {
    let bytes = part;
    if (head) {
      bytes = concatBytes([head, part]);
      head = bytes.length < 2 ? bytes : undefined;
      if (head) continue;
      decoder = decoderOf(bytes);
    }
    yield decoder ? encodeText(decoder.decode(bytes, { stream: true })) : bytes;
  }
  if (head && head.length > 0) yield head;
  const rest = decoder?.decode() ?? '';
  if (rest !== '') yield encodeText(rest);
}

function decoderOf([first, second]: Uint8Array): TextDecoder | undefined {
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le');
  return first === 0xfe && second === 0xff ? new TextDecoder('utf-16be') : undefined;
}
