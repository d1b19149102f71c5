import { SaxesParser } from 'saxes';
import { FormatError } from './dataset.ts';
import type { FileSource } from './files.ts';

/** An element of an XML file; `text` is its own, without its children's. */
export type XmlElement = {
  name: string;
  attributes: Readonly<Record<string, string>>;
  children: readonly XmlElement[];
  text: string;
};

type OpenElement = { name: string; attributes: Record<string, string>; children: XmlElement[]; text: string };

/** Deeper files are refused: labels are five or six deep. */
const maxDepth = 64;
/** The most characters of one child of the root. */
const maxElementLength = 256 * 1024 * 1024;

/**
 * The children of a file's root element, one by one as they end, with the root's own name and attributes; memory is that
 * of the largest child. Only the five entities of XML and numeric references are known: a document type may declare
 * others, but using one is an error, and nothing outside the file is ever read.
 * @throws {FormatError} when the file is not well-formed, deeper than 64, or has a child over 256 Mi characters.
 */
export async function* streamXml(
  source: FileSource,
  path: string,
): AsyncIterable<{ root: XmlElement; child: XmlElement }> {
  const parser = new SaxesParser();
  const open: OpenElement[] = [];
  let ended: { root: XmlElement; child: XmlElement }[] = [];
  let length = 0;
  parser.on('error', (error) => {
    throw new FormatError(`${path} is not well-formed XML: ${error.message}`);
  });
  parser.on('opentag', ({ name, attributes }) => {
    if (open.length >= maxDepth) throw new FormatError(`${path} is deeper than ${maxDepth} elements`);
    open.push({ name, attributes: { ...attributes }, children: [], text: '' });
  });
  const addText = (text: string) => {
    const element = open[open.length - 1];
    if (element) element.text += text;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    const element = open.pop();
    const parent = open[open.length - 1];
    if (element === undefined || parent === undefined) return;
    if (open.length > 1) parent.children.push(element);
    else {
      ended.push({ root: parent, child: element });
      length = 0;
    }
  });
  const decoder = new TextDecoder();
  const feed = (text: string) => {
    length += text.length;
    if (length > maxElementLength)
      throw new FormatError(`${path} has an element of more than ${maxElementLength} characters`);
    parser.write(text);
    const done = ended;
    ended = [];
    return done;
  };
  for await (const chunk of source.open(path) ?? []) yield* feed(decoder.decode(chunk, { stream: true }));
  yield* feed(decoder.decode());
  try {
    parser.close();
  } catch (error) {
    throw error instanceof FormatError ? error : new FormatError(`${path} is not well-formed XML`);
  }
}

/** A small XML file as a whole: its root element. @throws {FormatError} as `streamXml`. */
export async function readXml(source: FileSource, path: string): Promise<XmlElement> {
  const children: XmlElement[] = [];
  let root: XmlElement | undefined;
  for await (const part of streamXml(source, path)) {
    root = part.root;
    children.push(part.child);
  }
  return { name: root?.name ?? '', attributes: root?.attributes ?? {}, text: root?.text ?? '', children };
}

/** The first child of a name. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

/** The text of the first child of a name, trimmed; undefined when there is none or it is empty. */
export function textOf(element: XmlElement | undefined, name: string): string | undefined {
  const text = childOf(element, name)?.text.trim();
  return text === '' ? undefined : text;
}

/** The text of the first child of a name as a finite number. */
export function numberOf(element: XmlElement | undefined, name: string): number | undefined {
  const text = textOf(element, name);
  const number = text === undefined ? Number.NaN : Number(text);
  return Number.isFinite(number) ? number : undefined;
}

/**
 * Text for an element or an attribute. Line ends and tabs are written as references, since parsers turn them into
 * spaces in attributes; characters that XML 1.0 has no way to hold become U+FFFD.
 */
export function escapeXml(text: string): string {
  return (
    text
      // oxlint-disable-next-line no-control-regex -- exactly the characters that XML excludes
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replaceAll(/[&<>"\r\n\t]/g, (character) => references[character] ?? character)
  );
}

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
  '\n': '&#10;',
  '\t': '&#9;',
};

type AttributeValues = Readonly<Record<string, string | number | undefined>>;

/** An element as text: with text inside, with given markup inside, or empty. Attributes that are undefined are left out. */
export function xml(name: string, attributes: AttributeValues, inside: string | { text: string } = ''): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`)
    .join('');
  const body = typeof inside === 'string' ? inside : escapeXml(inside.text);
  return body === '' ? `<${name}${written}/>` : `<${name}${written}>${body}</${name}>`;
}
