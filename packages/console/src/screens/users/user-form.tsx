import type { User } from '@fovea/contract';
import { PasswordInput, Switch, TextInput } from '@mantine/core';
import { fovea } from '../../api/client.ts';
import { useMe } from '../../api/session.ts';
import { refreshUsers } from '../../api/users.ts';
import { texts } from '../../texts.ts';
import { EditForm, field } from '../../ui/edit-form.tsx';
import { notify } from '../../ui/notices.ts';

/** Creates a user, or changes the one given. */
export function UserForm({ user, onDone, onCancel }: { user?: User; onDone: () => void; onCancel: () => void }) {
  const me = useMe();
  const t = texts.users;
  const send = async (form: FormData) => {
    const name = field(form, 'name');
    const password = String(form.get('password') ?? '');
    const body = { ...(name === '' ? {} : { name }), ...(password === '' ? {} : { password }) };
    // A switch that is disabled is not in the form: nobody takes their own rights away.
    const admin = user?.id === me.user.id ? {} : { admin: form.get('admin') !== null };
    const result = user ? await fovea.users.update(user.id, { ...body, ...admin }) : await fovea.users.create({ ...body, ...admin, email: field(form, 'email') });
    await refreshUsers();
    return result;
  };
  return (
    <EditForm
      send={send}
      onCancel={onCancel}
      action={user ? texts.common.save : texts.common.create}
      onDone={({ email }) => {
        notify({ tone: 'good', text: user ? t.changed(email) : t.created(email) });
        onDone();
      }}
    >
      {(faults) => (
        <>
          {!user && <TextInput name="email" type="email" label={t.email} error={faults['email']} required withAsterisk={false} autoComplete="off" data-autofocus />}
          <TextInput name="name" label={t.fullName} defaultValue={user?.name} error={faults['name']} maxLength={200} autoComplete="off" />
          <PasswordInput name="password" label={user ? t.newPassword : t.password} description={user ? t.newPasswordHint : t.passwordHint} error={faults['password']} minLength={10} maxLength={200} autoComplete="new-password" />
          <Switch name="admin" size="sm" label={t.admin} description={t.adminHint} defaultChecked={user?.admin ?? false} disabled={user?.id === me.user.id} />
        </>
      )}
    </EditForm>
  );
}
