import { Alert, Button, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { explain, faultsByField } from '../api/errors.ts';
import { texts } from '../texts.ts';

/** An error beside the thing it happened to; nothing when there is none. */
export function ErrorText({ error }: { error: unknown }) {
  if (error === null || error === undefined) return null;
  const faults = Object.entries(faultsByField(error));
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle size={18} />} mt="sm" p="xs" role="alert">
      <Text size="sm" c="var(--fv-ink)">
        {explain(error)}
      </Text>
      {faults.map(([field, message]) => (
        <Text key={field} size="xs" c="var(--fv-ink)">
          {field} {message}
        </Text>
      ))}
    </Alert>
  );
}

/** An error in place of what could not be loaded, with a way to try again. */
export function LoadError({ error, retry }: { error: unknown; retry?: () => void }) {
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle size={18} />} title={texts.errors.title} role="alert">
      <Text size="sm" c="var(--fv-ink)">
        {explain(error)}
      </Text>
      {retry && (
        <Button mt="sm" variant="default" onClick={retry}>
          {texts.common.retry}
        </Button>
      )}
    </Alert>
  );
}
