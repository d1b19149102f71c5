import { IconMapOff } from '@tabler/icons-react';
import { texts } from '../texts.ts';
import { Empty } from '../ui/empty.tsx';
import { ButtonLink } from '../ui/link.tsx';
import { Page } from '../ui/page.tsx';

/** An address that leads nowhere, or to something of others. */
export function NotFound() {
  return (
    <Page title={texts.errors.notFoundTitle}>
      <Empty icon={IconMapOff} action={<ButtonLink to="/">{texts.errors.home}</ButtonLink>}>
        {texts.errors.notFound}
      </Empty>
    </Page>
  );
}
