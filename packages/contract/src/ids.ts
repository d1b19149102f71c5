/**
 * Identifiers. Every id is a UUIDv7 (RFC 9562, section 5.7): 48 bits of milliseconds, then a counter that starts at a
 * random value each millisecond and rises, so that ids sort by creation as text. The last 32 bits are a check sum of the
 * first 96, which makes two things possible: a mistyped id is recognised without a look-up, and an id can be carried in
 * 24 hexadecimal digits (the form that one vendor's client wants) and be restored from them.
 */
const counterEnd = 2 ** 42;
let lastMs = 0;
let counter = 0;

/** A new id, greater (as text) than every id this process made before. */
export function newId(nowMs: number = Date.now()): string {
  if (nowMs > lastMs) {
    lastMs = nowMs;
    counter = randomStart();
  } else {
    counter += 1;
    if (counter === counterEnd) {
      lastMs += 1;
      counter = randomStart();
    }
  }
  const bytes = new Uint8Array(16);
  let ms = lastMs;
  for (let index = 5; index >= 0; index--) {
    bytes[index] = ms % 256;
    ms = Math.floor(ms / 256);
  }
  const high = Math.floor(counter / 2 ** 30);
  const low = counter % 2 ** 30;
  bytes[6] = 0x70 | (high >> 8);
  bytes[7] = high & 0xff;
  bytes[8] = 0x80 | (low >>> 24);
  bytes[9] = (low >>> 16) & 0xff;
  bytes[10] = (low >>> 8) & 0xff;
  bytes[11] = low & 0xff;
  writeCheck(bytes);
  return format(hex(bytes));
}

/** True for text that {@link newId} could have made: a UUIDv7 in lower case with a right check sum. */
export function isId(text: string): boolean {
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(text)) return false;
  return fromObjectId(toObjectId(text)) === text;
}

/** The first 96 bits of an id as 24 hexadecimal digits; they sort like the id itself. */
export function toObjectId(id: string): string {
  return id.replaceAll('-', '').slice(0, 24);
}

/** The id that {@link toObjectId} shortened, or undefined when the text is not 24 lower-case hexadecimal digits. */
export function fromObjectId(objectId: string): string | undefined {
  if (!/^[0-9a-f]{24}$/.test(objectId)) return undefined;
  const bytes = new Uint8Array(16);
  for (let index = 0; index < 12; index++) bytes[index] = Number.parseInt(objectId.slice(index * 2, index * 2 + 2), 16);
  writeCheck(bytes);
  return format(hex(bytes));
}

/** The moment an id was made, in milliseconds since 1970. */
export function idTimeMs(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** FNV-1a, 32 bits (Fowler, Noll, Vo; RFC 9923), over bytes 0–11 into bytes 12–15. */
function writeCheck(bytes: Uint8Array): void {
  let hash = 0x811c9dc5;
  for (let index = 0; index < 12; index++) {
    hash ^= bytes[index] ?? 0;
    hash = Math.imul(hash, 0x01000193);
  }
  new DataView(bytes.buffer).setUint32(12, hash >>> 0);
}

/** 41 random bits: half of the counter is left to count in. */
function randomStart(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (high % 2 ** 9) * 2 ** 32 + low;
}

const hexPairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += hexPairs[byte] ?? '';
  return text;
}

function format(text: string): string {
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`;
}
