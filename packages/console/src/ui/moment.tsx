import { formatTime, formatWhen } from './format.ts';

/** A time in words, to the second on hover. */
export function Moment({ at }: { at: string }) {
  return (
    <time dateTime={at} title={formatTime(at)}>
      {formatWhen(at)}
    </time>
  );
}
