import { newId, scopes } from '@fovea/contract';
import sql from 'sql-template-tag';
import type { Database } from '../engines/database/database.ts';
import { addKey, hashKey, makeKeyText } from './keys/service.ts';
import { selectHolder } from './keys/store.ts';
import { firstOrganization, insertOrganization, insertUser } from './users/store.ts';

/**
 * On an empty database makes the organisation, its first administrator and the first admin key, and returns the key's text, to be
 * shown this once. With a fixed key (FOVEA_ADMIN_KEY) that one is stored, also later when it is not known yet.
 */
export async function bootstrap(db: Database, options: { fixedKey: string | undefined }): Promise<{ newKey: string | undefined; orgId: string; fresh: boolean }> {
  return db.tx(async (tx) => {
    await tx.run(sql`select pg_advisory_xact_lock(7017, 1)`);
    let organization = await firstOrganization(tx);
    const fresh = organization === undefined;
    if (!organization) {
      organization = { id: newId(), name: 'Default' };
      await insertOrganization(tx, organization);
      await insertUser(tx, { id: newId(), orgId: organization.id, email: 'admin@localhost', name: 'Administrator', admin: true, passwordHash: null });
    }
    const { id: orgId } = organization;
    const known = options.fixedKey !== undefined && (await selectHolder(tx, { hash: hashKey(options.fixedKey) })) !== undefined;
    if (known || (!fresh && options.fixedKey === undefined)) return { newKey: undefined, orgId, fresh };
    const { id: userId } = await tx.one<{ id: string }>(sql`select id from users where org_id = ${orgId} and admin order by id limit 1`);
    const text = options.fixedKey ?? makeKeyText(false);
    await addKey(tx, { orgId, userId, actor: 'system@fovea', name: 'First admin key', text, scopes, projectId: null, test: false, expiresAt: null });
    return { newKey: options.fixedKey === undefined ? text : undefined, orgId, fresh };
  });
}
