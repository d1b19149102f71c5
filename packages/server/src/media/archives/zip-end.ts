const limit32 = 0xffff_ffff;

/**
 * What ends a ZIP archive (APPNOTE 6.3.10, sections 4.3.14 to 4.3.16): so many entries in a directory of so many bytes that begins at
 * `offset`. The 64-bit records come before it where a number does not fit, or where `wide` asks for them.
 */
export function endOfDirectory({ count, bytes, offset, wide = false }: { count: number; bytes: number; offset: number; wide?: boolean }): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(count, 0xffff), 8);
  end.writeUInt16LE(Math.min(count, 0xffff), 10);
  end.writeUInt32LE(Math.min(bytes, limit32), 12);
  end.writeUInt32LE(Math.min(offset, limit32), 16);
  if (!wide && count < 0xffff && bytes < limit32 && offset < limit32) return end;
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(0x06064b50, 0);
  end64.writeBigUInt64LE(44n, 4);
  end64.writeUInt16LE(45, 12);
  end64.writeUInt16LE(45, 14);
  end64.writeBigUInt64LE(BigInt(count), 24);
  end64.writeBigUInt64LE(BigInt(count), 32);
  end64.writeBigUInt64LE(BigInt(bytes), 40);
  end64.writeBigUInt64LE(BigInt(offset), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(offset + bytes), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([end64, locator, end]);
}
