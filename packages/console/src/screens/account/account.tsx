import { PasswordInput } from '@mantine/core';
import { useState } from 'react';
import { fovea } from '../../api/client.ts';
import { useMe, useScope } from '../../api/session.ts';
import { ThemeSwitch } from '../../shell/user-menu.tsx';
import { texts } from '../../texts.ts';
import { EditForm } from '../../ui/edit-form.tsx';
import { notify } from '../../ui/notices.ts';
import { Page } from '../../ui/page.tsx';
import classes from './account.module.css';

/** Who one is, one's password, the look. */
export function Account() {
  const me = useMe();
  const mayChange = useScope('admin');
  const t = texts.account;
  return (
    <Page title={t.title}>
      <div className={classes['parts']}>
        <section className={classes['part']}>
          <h2>{t.you}</h2>
          <dl className={classes['facts']}>
            <dt>{texts.users.email}</dt>
            <dd>{me.user.email}</dd>
            <dt>{texts.users.fullName}</dt>
            <dd>{me.user.name}</dd>
            <dt>{t.organization}</dt>
            <dd>{me.organization.name}</dd>
            <dt>{t.rights}</dt>
            <dd>{me.scopes.map((scope) => texts.keys.scope[scope]).join(', ')}</dd>
          </dl>
        </section>
        <section className={classes['part']}>
          <h2>{t.appearance}</h2>
          <ThemeSwitch />
        </section>
        {mayChange && (
          <section className={classes['part']}>
            <h2>{t.password}</h2>
            <p>{t.passwordHint}</p>
            <PasswordForm />
          </section>
        )}
      </div>
    </Page>
  );
}

function PasswordForm() {
  const t = texts.account;
  // A new form, emptied, after each success.
  const [round, setRound] = useState(0);
  const send = async (form: FormData) => {
    const [password, repeat, current] = ['password', 'repeat', 'current'].map((name) => String(form.get(name) ?? ''));
    if (password !== repeat) throw new Error(t.mismatch);
    await fovea.users.setPassword({ password: password ?? '', ...(current ? { current } : {}) });
  };
  return (
    <EditForm
      key={round}
      send={send}
      action={t.set}
      onDone={() => {
        setRound(round + 1);
        notify({ tone: 'good', text: t.done });
      }}
    >
      {(faults) => (
        <>
          <PasswordInput name="current" label={t.current} description={t.currentHint} error={faults['current']} autoComplete="current-password" />
          <PasswordInput name="password" label={t.new} description={t.tooShort} error={faults['password']} required withAsterisk={false} minLength={10} maxLength={200} autoComplete="new-password" />
          <PasswordInput name="repeat" label={t.repeat} required withAsterisk={false} minLength={10} maxLength={200} autoComplete="new-password" />
        </>
      )}
    </EditForm>
  );
}
