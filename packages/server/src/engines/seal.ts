import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const [nonceBytes, tagBytes] = [12, 16];

/** Closes texts that are kept and that nobody may read where they lie. */
export interface Sealer {
  /** Nonce, tag and text, base64url. */
  seal(text: string): string;
  /** Throws for what was sealed under another secret or for another purpose, or was changed. */
  unseal(sealed: string): string;
}

/** AES-256-GCM under a key that is made of the platform's secret and the purpose. */
export function sealer(secret: string, purpose: string): Sealer {
  const key = createHash('sha256').update(`${purpose} ${secret}`).digest();
  return {
    seal(text) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const closed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), closed]).toString('base64url');
    },
    unseal(sealed) {
      const bytes = Buffer.from(sealed, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes));
      decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
      return Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]).toString('utf8');
    },
  };
}
