// What the compiler must accept and refuse; the runtime part only keeps it a test.
import type { Item, Project, UploadResult } from '@fovea/contract';
import { expectTypeOf, test } from 'vitest';
import { Fovea, type List } from './index.ts';

test('methods take and give what the contract says', () => {
  const fovea = new Fovea({ url: 'http://127.0.0.1:1' });
  expectTypeOf(fovea.projects.get).returns.resolves.toEqualTypeOf<Project>();
  expectTypeOf(fovea.projects.list).returns.toEqualTypeOf<List<Project>>();
  expectTypeOf(fovea.projects.delete).returns.resolves.toEqualTypeOf<void>();
  expectTypeOf(fovea.items.list).returns.toEqualTypeOf<List<Item>>();
  expectTypeOf(fovea.items.upload).returns.resolves.toEqualTypeOf<UploadResult>();
  expectTypeOf(fovea.items.thumbnail).returns.resolves.toEqualTypeOf<Response>();
  expectTypeOf(fovea.items.download('i', { to: 'x' })).resolves.toHaveProperty('sha256');
  const never = () => {
    void fovea.projects.create({ name: 'A' });
    void fovea.items.list('d', { kind: 'image', limit: 10 }, { signal: AbortSignal.timeout(1) });
    void fovea.members.set('p', 'a@b.c', { role: 'owner' });
    // @ts-expect-error -- the name is required
    void fovea.projects.create({});
    // @ts-expect-error -- an unknown field
    void fovea.projects.create({ name: 'A', color: 'red' });
    // @ts-expect-error -- an unknown filter
    void fovea.items.list('d', { colour: 'red' });
    // @ts-expect-error -- an unknown role
    void fovea.members.set('p', 'a@b.c', { role: 'king' });
    // @ts-expect-error -- a parameter is missing
    void fovea.members.remove('p');
    // @ts-expect-error -- the limit of toArray is demanded
    void fovea.items.list('d').toArray();
  };
  expectTypeOf(never).returns.toBeVoid();
});
