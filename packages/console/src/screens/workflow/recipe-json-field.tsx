import { Button, Group, Textarea } from '@mantine/core';
import { useState } from 'react';
import { workTexts } from '../../texts-work.ts';
import { ErrorText } from '../../ui/error-text.tsx';
import { fromJson, mostFields, type RecipeContent } from './recipe-json.ts';

const t = workTexts.recipes;

/** Labels and attributes as text: for long lists, and for what the fields do not show. */
export function RecipeJson({ text, change, onFields }: { text: string; change: (text: string) => void; onFields: (content: RecipeContent) => void }) {
  const [error, setError] = useState<unknown>();
  const toFields = () => {
    try {
      const content = fromJson(text);
      if (content.labels.length > mostFields) throw new Error(t.json.tooMany(mostFields));
      onFields(content);
    } catch (fault) {
      setError(fault);
    }
  };
  return (
    <div>
      <Textarea
        label={t.json.label}
        description={t.json.hint}
        value={text}
        onChange={(event) => {
          change(event.currentTarget.value);
          setError(undefined);
        }}
        rows={18}
        spellCheck={false}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', lineHeight: 1.5 } }}
      />
      <ErrorText error={error} />
      <Group mt={6}>
        <Button variant="subtle" onClick={toFields}>
          {t.json.toFields}
        </Button>
      </Group>
    </div>
  );
}
