import { doors, scopes, type Door, type Scope } from '@fovea/contract';
import { Checkbox, NativeSelect, Switch, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { fovea } from '../../api/client.ts';
import { refreshKeys } from '../../api/keys.ts';
import { projectsQuery } from '../../api/projects.ts';
import { useMe } from '../../api/session.ts';
import { texts } from '../../texts.ts';
import { EditForm, field } from '../../ui/edit-form.tsx';
import classes from './keys.module.css';
import type { CreatedKey } from './new-key.tsx';

const dayMs = 86_400_000;
const expiries = { never: undefined, d7: 7, d30: 30, d90: 90, d365: 365 } as const;
const isExpiry = (text: string): text is keyof typeof expiries => text in expiries;

/** Asks what a new key may do, and creates it. */
export function KeyForm({ onDone, onCancel }: { onDone: (created: CreatedKey) => void; onCancel: () => void }) {
  const me = useMe();
  const { data: projects = [] } = useQuery(projectsQuery);
  const t = texts.keys;
  const send = async (form: FormData): Promise<CreatedKey> => {
    const project = field(form, 'project');
    const expiry = field(form, 'expiry');
    const days = isExpiry(expiry) ? expiries[expiry] : undefined;
    const door = doors.find((one) => one === field(form, 'door'));
    const created = await fovea.keys.create({
      name: field(form, 'name'),
      scopes: form.getAll('scopes') as Scope[],
      test: form.get('test') !== null,
      ...(project === '' ? {} : { project }),
      ...(days === undefined ? {} : { expiresAt: new Date(Date.now() + days * dayMs).toISOString() }),
      ...(door === undefined ? {} : { door }),
    });
    await refreshKeys();
    return { ...created, doorName: door };
  };
  return (
    <EditForm send={send} onDone={onDone} onCancel={onCancel} action={t.create}>
      {(faults) => (
        <>
          <TextInput name="name" label={texts.common.name} description={t.nameHint} error={faults['name']} required withAsterisk={false} maxLength={200} data-autofocus />
          <Checkbox.Group label={t.scopes} size="sm" defaultValue={me.scopes} error={faults['scopes']}>
            <div className={classes['scopes']}>
              {scopes
                .filter((scope) => me.scopes.includes(scope))
                .map((scope) => (
                  <Checkbox key={scope} name="scopes" size="xs" value={scope} label={t.scope[scope]} description={t.scopeHint[scope]} />
                ))}
            </div>
          </Checkbox.Group>
          <div className={classes['pair']}>
            <NativeSelect
              name="project"
              label={t.project}
              defaultValue={me.projectId ?? ''}
              error={faults['project']}
              data={[...(me.projectId === null ? [{ value: '', label: t.everyProject }] : []), ...projects.map(({ id, name }) => ({ value: id, label: name }))]}
            />
            <NativeSelect name="expiry" label={t.expiry} defaultValue="never" data={Object.entries(t.expiries).map(([value, label]) => ({ value, label }))} />
          </div>
          <NativeSelect name="door" label={t.door} data={[{ value: '', label: t.noDoor }, ...doors.map((door: Door) => ({ value: door as string, label: t.doors[door] }))]} />
          <Switch name="test" size="sm" label={t.test} description={t.testHint} defaultChecked={me.test} disabled={me.test} />
        </>
      )}
    </EditForm>
  );
}
