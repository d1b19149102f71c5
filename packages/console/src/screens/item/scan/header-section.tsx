import type { Item } from '@fovea/contract';
import { Loader } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { scanTexts as t } from '../../../texts-scan.ts';
import frame from '../item.module.css';

const HeaderTable = lazy(() => import('./header-table.tsx'));

/** The whole header beside the scan; read when somebody opens it. */
export function HeaderSection({ item }: { item: Item }) {
  const [open, setOpen] = useState(false);
  return (
    <section className={frame['section']}>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{t.openHeader}</summary>
        {open && (
          <Suspense fallback={<Loader size="sm" aria-label={t.loading} />}>
            <HeaderTable item={item} />
          </Suspense>
        )}
      </details>
    </section>
  );
}
