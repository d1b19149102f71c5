import { Button, Group, Stack } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { ReactNode, SyntheticEvent } from 'react';
import { faultsByField } from '../api/errors.ts';
import { texts } from '../texts.ts';
import { ErrorText } from './error-text.tsx';

export interface EditFormProps<T> {
  /** The fields; gets what the platform says is wrong with each. */
  children: (faults: Readonly<Record<string, string>>) => ReactNode;
  /** Sends what stands in the form. */
  send: (form: FormData) => Promise<T>;
  onDone: (result: T) => void;
  onCancel?: () => void;
  action: string;
}

/** A form of a dialog: sends, shows the faults beside their fields, closes when done. */
export function EditForm<T>({ children, send, onDone, onCancel, action }: EditFormProps<T>) {
  const mutation = useMutation({ mutationFn: send, onSuccess: onDone, meta: { quiet: true } });
  const submit = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    mutation.mutate(new FormData(event.currentTarget));
  };
  const faults = faultsByField(mutation.error);
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">{children(faults)}</Stack>
      <ErrorText error={mutation.error} />
      <Group justify="flex-end" gap="xs" mt="lg">
        {onCancel && (
          <Button variant="default" onClick={onCancel}>
            {texts.common.cancel}
          </Button>
        )}
        <Button type="submit" loading={mutation.isPending}>
          {action}
        </Button>
      </Group>
    </form>
  );
}

/** A text field of a form, trimmed. */
export function field(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value.trim() : '';
}
