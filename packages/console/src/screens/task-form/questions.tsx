import { Textarea } from '@mantine/core';
import { productTexts } from '../../texts-product.ts';
import { CollectionQuestions } from './collection-questions.tsx';
import { DocumentBlocks } from './document-blocks.tsx';
import { EntityMarks } from './entity-marks.tsx';
import { asText, type Answer, type FormKind, type Params } from './form-kind.ts';
import { AudioQuestion, CategoryQuestion, ComparisonQuestion, FieldQuestions } from './simple-questions.tsx';
import classes from './task-form.module.css';

const t = productTexts.form;

export interface QuestionProps {
  params: Params;
  answer: Answer;
  change: (answer: Answer) => void;
  isReadOnly: boolean;
}

/** The questions of a task by its form. */
export function QuestionForm({ kind, ...props }: QuestionProps & { kind: FormKind }) {
  return (
    <fieldset disabled={props.isReadOnly} className={classes['form']} style={{ border: 0, margin: 0, padding: 0 }}>
      <Questions kind={kind} {...props} />
    </fieldset>
  );
}

function Questions({ kind, ...props }: QuestionProps & { kind: FormKind }) {
  switch (kind) {
    case 'category':
      return <CategoryQuestion {...props} />;
    case 'comparison':
      return <ComparisonQuestion {...props} />;
    case 'fields':
      return <FieldQuestions {...props} />;
    case 'audio':
      return <AudioQuestion {...props} />;
    case 'entities':
      return <EntityMarks {...props} />;
    case 'collection':
      return <CollectionQuestions {...props} />;
    case 'document':
      return <DocumentBlocks {...props} />;
    case 'json':
      return <JsonAnswer {...props} />;
  }
}

/** An answer of a form of its own. */
function JsonAnswer({ answer, change }: QuestionProps) {
  const text = typeof answer['text'] === 'string' && Object.keys(answer).length === 1 ? asText(answer['text']) : JSON.stringify(answer, null, 2);
  return <Textarea label={t.json} description={t.jsonHint} value={text} autosize minRows={8} maxRows={24} spellCheck={false} styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }} onChange={(event) => change({ text: event.currentTarget.value })} />;
}
