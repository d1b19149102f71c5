import { randomBytes } from 'node:crypto';
import type { ProjectRole } from '@fovea/contract';
import { Fovea } from '@fovea/sdk';

/** Accounts of made-up people; they are disabled when their work is done. */
export interface Accounts {
  /** One client for each, in their order. */
  people: Fovea[];
  close(): Promise<void>;
}

/** Makes users, members of the project each with a role, and signs them in to a key of their own, as people do. */
export async function openAccounts(owner: Fovea, project: string, wanted: readonly { name: string; role: ProjectRole }[]): Promise<Accounts> {
  const people: Fovea[] = [];
  const ids: string[] = [];
  for (const { name, role } of wanted) {
    const email = `${name}.${project.slice(0, 8)}@demo.example`;
    const password = randomBytes(18).toString('base64url');
    const { id } = await owner.users.create({ email, name, password });
    ids.push(id);
    await owner.members.set(project, email, { role });
    people.push(new Fovea({ url: owner.url, key: await keyOf(owner.url, { email, password }, project) }));
  }
  return {
    people,
    async close() {
      for (const id of ids) await owner.users.update(id, { disabled: true });
    },
  };
}

/** A key for labeling, made in a session of the person's own. */
async function keyOf(url: string, signIn: { email: string; password: string }, project: string): Promise<string> {
  const post = async (path: string, body: object, headers: Record<string, string> = {}): Promise<Response> => {
    const answer = await fetch(new URL(path, url), { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`The demo could not sign ${signIn.email} in: ${await answer.text()}`);
    return answer;
  };
  const session = await post('/v1/session', signIn);
  const cookie = session.headers.getSetCookie().map((one) => one.split(';')[0]).join('; ');
  const { csrf } = (await session.json()) as { csrf: string };
  const made = await post('/v1/keys', { name: 'demo', project, scopes: ['read', 'label'] }, { cookie, 'x-fovea-csrf': csrf });
  return ((await made.json()) as { key: string }).key;
}
