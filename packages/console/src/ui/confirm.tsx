import { Button, Group, Modal, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { texts } from '../texts.ts';
import { useReturnFocus } from './dialog.tsx';
import { ErrorText } from './error-text.tsx';

/** Asks before something that hurts; closes itself when it is done, and stays with the reason when it failed. */
export function Confirm(props: { opened: boolean; onClose: () => void; question: string; action: string; run: () => Promise<unknown> }) {
  const { opened, onClose, question, action, run } = props;
  useReturnFocus(opened);
  const mutation = useMutation({ mutationFn: run, onSuccess: onClose, meta: { quiet: true } });
  return (
    <Modal opened={opened} onClose={onClose} title={action} size="sm">
      <Text size="sm">{question}</Text>
      <ErrorText error={mutation.error} />
      <Group justify="flex-end" mt="lg" gap="xs">
        <Button variant="default" onClick={onClose} data-autofocus>
          {texts.common.cancel}
        </Button>
        <Button color="red" loading={mutation.isPending} onClick={() => mutation.mutate()}>
          {action}
        </Button>
      </Group>
    </Modal>
  );
}
