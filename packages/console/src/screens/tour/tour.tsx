import { Button, CloseButton } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { homeTexts } from '../../texts-home.ts';
import { notify, notifyError } from '../../ui/notices.ts';
import { tourSteps, type TourStep } from './steps.ts';
import classes from './tour.module.css';

const t = homeTexts.tour;

/** A card that leads from page to page and says what each is for. */
export default function Tour({ onEnd }: { onEnd: () => void }) {
  const [steps, setSteps] = useState<readonly TourStep[]>();
  const [at, setAt] = useState(0);
  const navigate = useNavigate();
  const heading = useRef<HTMLHeadingElement>(null);
  const goTo = (list: readonly TourStep[], index: number) => {
    const step = list[index];
    if (!step) return onEnd();
    setAt(index);
    return void navigate({ href: step.path }).then(() => heading.current?.focus());
  };
  useEffect(() => {
    tourSteps().then(
      (found) => {
        if (found.length === 0) notify({ tone: 'plain', text: t.noDemo });
        setSteps(found);
        goTo(found, 0);
      },
      (error: unknown) => {
        notifyError(error);
        onEnd();
      },
    );
  }, []);
  const step = steps?.[at];
  if (!steps || !step) return null;
  const isLast = at === steps.length - 1;
  return (
    <section
      className={classes['card']}
      aria-label={t.title}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onEnd();
      }}
    >
      <div className={classes['head']}>
        <span className={classes['count']}>{t.step(at + 1, steps.length)}</span>
        <CloseButton size="sm" aria-label={t.end} onClick={onEnd} />
      </div>
      <h2 ref={heading} tabIndex={-1} className={classes['title']} aria-live="polite">
        {step.title}
      </h2>
      <p className={classes['text']}>{step.text}</p>
      <div className={classes['dots']} aria-hidden>
        {steps.map(({ title }, index) => (
          <span key={title} data-on={index === at} />
        ))}
      </div>
      <div className={classes['foot']}>
        {at > 0 && (
          <Button variant="default" onClick={() => goTo(steps, at - 1)}>
            {t.back}
          </Button>
        )}
        <Button onClick={() => (isLast ? onEnd() : goTo(steps, at + 1))}>{isLast ? t.done : t.next}</Button>
      </div>
    </section>
  );
}
