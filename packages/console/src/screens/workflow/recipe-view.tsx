import type { Recipe } from '@fovea/contract';
import { Button, Modal } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { workTexts } from '../../texts-work.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { Markdown } from '../../ui/markdown.tsx';
import classes from './workflow.module.css';

const t = workTexts.recipes;

/** The name of a recipe, which shows what it says to those who may not change it. */
export function RecipeView({ recipe }: { recipe: Recipe }) {
  const [opened, dialog] = useDisclosure(false);
  return (
    <>
      <Button variant="transparent" p={0} h="auto" onClick={dialog.open}>
        {recipe.name}
      </Button>
      <Modal opened={opened} onClose={dialog.close} title={recipe.name} size="xl">
        {recipe.instructions.trim() !== '' && <Markdown text={recipe.instructions} />}
        <h3 className={classes['section']}>{t.labels}</h3>
        <DataTable
          rows={recipe.labels}
          keyOf={({ name }) => name}
          columns={[
            { head: t.label, main: true, cell: ({ name, displayName }) => displayName ?? name },
            { head: t.shapes, cell: ({ geometry }) => geometry?.join(', ') ?? t.anyShape },
            { head: t.attributes, cell: ({ attributes }) => attributes?.join(', ') ?? '' },
          ]}
        />
        {recipe.attributes.length > 0 && (
          <>
            <h3 className={classes['section']}>{t.attributes}</h3>
            <DataTable
              rows={recipe.attributes}
              keyOf={({ key }) => key}
              columns={[
                { head: t.key, main: true, cell: ({ key, title }) => title ?? key },
                { head: t.type, cell: ({ type }) => t.types[type] },
                { head: t.valuesHead, cell: ({ values }) => values?.join(', ') ?? '' },
                { head: t.required, cell: ({ required, perFrame }) => [required && t.required, perFrame && t.perFrame].filter(Boolean).join(', ') },
              ]}
            />
          </>
        )}
      </Modal>
    </>
  );
}
