import { SignJWT } from 'jose';
import type { DoorCredentials } from '../identity/keys/service.ts';
import { callbackAuthKey } from './scale/callback-auth.ts';

const yearSeconds = 365 * 86_400;

/** What each vendor's client is given for a key of ours. The base URL is where the platform is reached. */
export function doorCredentials(settings: { publicUrl: () => string; secret: string }): DoorCredentials {
  return async (door, key) => {
    const origin = settings.publicUrl();
    switch (door) {
      case 'voxel51':
        return { access_token: { token_id: key.id, created_at: new Date().toISOString(), private_key: key.text, base_api_url: `${origin}/voxel51` } };
      case 'dataloop': {
        const expiresAt = key.expiresAt === null ? Math.floor(Date.now() / 1000) + yearSeconds : Math.floor(Date.parse(key.expiresAt) / 1000);
        const token = await signDataloopToken({ keyId: key.id, email: key.email, expiresAt }, settings.secret);
        return { token, url: `${origin}/dataloop/api/v1`, gateUrl: `${origin}/dataloop` };
      }
      case 'scale':
        return { apiKey: key.text, baseUrl: `${origin}/scale/v1`, callbackAuthKey: callbackAuthKey(settings.secret, key.orgId, key.test ? 'test' : 'live') };
      case 'skylab':
        return { apiKey: key.text, baseUrl: `${origin}/skylab` };
      case 'datamint':
        return { apiKey: key.text, baseUrl: `${origin}/datamint` };
    }
  };
}

/** A token that stands for a key of ours: HS256 with the claims that the client reads (`exp`, `email`); `jti` names the key. */
export function signDataloopToken(claims: { keyId: string; email: string; expiresAt: number }, secret: string): Promise<string> {
  return new SignJWT({ email: claims.email })
    .setProtectedHeader({ alg: 'HS256' })
    .setJti(claims.keyId)
    .setSubject(claims.email)
    .setIssuer('fovea')
    .setAudience('dataloop')
    .setIssuedAt()
    .setExpirationTime(claims.expiresAt)
    .sign(new TextEncoder().encode(secret));
}
