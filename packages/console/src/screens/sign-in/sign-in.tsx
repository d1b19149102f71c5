import { Alert, Button, PasswordInput, SegmentedControl, TextInput } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { IconClockPause } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState, type SyntheticEvent } from 'react';
import { signIn, type Credentials } from '../../api/session.ts';
import { localPath } from '../../router.tsx';
import { Mark } from '../../shell/brand.tsx';
import { texts } from '../../texts.ts';
import { ErrorText } from '../../ui/error-text.tsx';
import classes from './sign-in.module.css';

/** Sign-in with a key, or with e-mail and password; leads back to where one was. */
export function SignIn() {
  const { next, ended } = useSearch({ from: '/sign-in' });
  const navigate = useNavigate();
  const [method, setMethod] = useState<'key' | 'password'>('key');
  const enter = useMutation({
    mutationFn: (credentials: Credentials) => signIn(credentials),
    onSuccess: () => navigate({ href: localPath(next), replace: true }),
    meta: { quiet: true },
  });
  useDocumentTitle(texts.signIn.title);
  const submit = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const value = (name: string) => String(form.get(name) ?? '').trim();
    enter.mutate(method === 'key' ? { key: value('key') } : { email: value('email'), password: String(form.get('password') ?? '') });
  };
  return (
    <main className={classes['page']}>
      <form className={classes['card']} onSubmit={submit}>
        <div className={classes['mark']}>
          <Mark size={40} />
        </div>
        <h1 className={classes['title']}>{texts.signIn.title}</h1>
        {ended === true && (
          <Alert icon={<IconClockPause size={18} />} variant="light" p="xs" mb="md" role="status">
            {texts.signIn.ended}
          </Alert>
        )}
        <SegmentedControl
          fullWidth
          aria-label={texts.signIn.method}
          value={method}
          onChange={(value) => {
            setMethod(value === 'password' ? 'password' : 'key');
            enter.reset();
          }}
          data={[
            { value: 'key', label: texts.signIn.withKey },
            { value: 'password', label: texts.signIn.withPassword },
          ]}
        />
        <div className={classes['fields']}>
          {method === 'key' ? (
            <PasswordInput key="key" name="key" label={texts.signIn.key} description={texts.signIn.keyHint} required withAsterisk={false} autoFocus autoComplete="off" spellCheck={false} />
          ) : (
            <>
              <TextInput key="email" name="email" type="email" label={texts.signIn.email} required withAsterisk={false} autoFocus autoComplete="username" />
              <PasswordInput key="password" name="password" label={texts.signIn.password} required withAsterisk={false} autoComplete="current-password" />
            </>
          )}
        </div>
        <ErrorText error={enter.error} />
        <Button type="submit" size="sm" fullWidth mt="md" loading={enter.isPending}>
          {texts.signIn.submit}
        </Button>
      </form>
    </main>
  );
}
