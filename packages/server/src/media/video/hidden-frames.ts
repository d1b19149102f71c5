/**
 * Whether a packet is decoded without being shown: reference pictures that an encoder hides. They have packets, but a
 * decoder puts out no frame for them.
 */
export function isHidden(codec: string, packet: Uint8Array): boolean {
  if (codec === 'vp8') return isHiddenVp8(packet);
  return codec === 'vp9' && isHiddenVp9(packet);
}

/** `show_frame` is bit 4 of the frame tag (RFC 6386, 9.1). */
function isHiddenVp8(packet: Uint8Array): boolean {
  return packet[0] !== undefined && (packet[0] & 0x10) === 0;
}

/** The uncompressed header (VP9 bitstream specification, 6.2), unless the packet is a superframe (annex B), which is shown. */
function isHiddenVp9(packet: Uint8Array): boolean {
  const [first, second = 0] = packet;
  const last = packet[packet.length - 1];
  if (first === undefined || last === undefined || (last & 0xe0) === 0xc0) return false;
  const bits = (first << 8) | second;
  const bit = (index: number): number => (bits >> (15 - index)) & 1;
  if (first >> 6 !== 2) return false;
  const profile = bit(2) | (bit(3) << 1);
  const at = profile === 3 ? 5 : 4;
  const showsExisting = bit(at) === 1;
  return !showsExisting && bit(at + 2) === 0;
}
