import type { AnnotationType, Project, Recipe, RecipeAttribute, RecipeLabel } from '@fovea/contract';
import { ActionIcon, Button, Checkbox, ColorInput, Group, MultiSelect, NativeSelect, Stack, Textarea, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { fovea } from '../../api/client.ts';
import { analyticsQuery, refresh } from '../../api/work.ts';
import { texts } from '../../texts.ts';
import { workTexts } from '../../texts-work.ts';
import { EditForm, field } from '../../ui/edit-form.tsx';
import { notify } from '../../ui/notices.ts';
import { RecipeJson } from './recipe-json-field.tsx';
import { fromJson, mostFields, toJson, type RecipeContent } from './recipe-json.ts';
import classes from './workflow.module.css';

const t = workTexts.recipes;

/** As the console has no schemas to ask. */
const shapes: Record<AnnotationType, true> = {
  classification: true, point: true, box: true, rotated_box: true, polygon: true, polyline: true, ellipse: true, cuboid: true, keypoints: true, mask: true, text: true, volume: true,
};

const palette = ['#1f9eff', '#ff6b6b', '#37b24d', '#f59f00', '#ae3ec9', '#0ca678', '#e64980', '#4263eb'];

/** A recipe to make, or one to change. */
export function RecipeForm({ project, recipe, close }: { project: Project; recipe: Recipe | undefined; close: () => void }) {
  const [content, setContent] = useState<RecipeContent>({ labels: recipe?.labels ?? [{ name: '', color: palette[0] }], attributes: recipe?.attributes ?? [] });
  const [json, setJson] = useState(content.labels.length > mostFields ? toJson(content) : undefined);
  const [suggestions, setSuggestions] = useState<readonly string[]>(recipe?.suggestions ?? []);
  const send = async (form: FormData): Promise<Recipe> => {
    const body = {
      name: field(form, 'name'),
      ...(json === undefined ? filledIn(content) : fromJson(json)),
      instructions: field(form, 'instructions'),
      allowNewLabels: form.get('allowNewLabels') === 'on',
      suggestions: [...suggestions],
    };
    if (body.labels.length === 0 && body.attributes.length === 0 && !body.allowNewLabels) throw new Error(t.noLabels);
    const saved = recipe ? await fovea.recipes.update(recipe.id, body as never) : await fovea.recipes.create({ project: project.id, ...body } as never);
    await refresh('recipes');
    return saved;
  };
  return (
    <EditForm
      send={send}
      action={recipe ? texts.common.save : texts.common.create}
      onCancel={close}
      onDone={(saved) => {
        close();
        notify({ tone: 'good', text: t.saved(saved.version) });
      }}
    >
      {(faults) => (
        <>
          <TextInput name="name" label={t.name} defaultValue={recipe?.name ?? ''} error={faults['name']} required withAsterisk={false} data-autofocus />
          <Content content={content} change={setContent} json={json} changeJson={setJson} />
          <Textarea name="instructions" label={t.instructions} description={t.instructionsHint} defaultValue={recipe?.instructions ?? ''} autosize minRows={3} maxRows={12} />
          <Checkbox name="allowNewLabels" label={t.allowNew} defaultChecked={recipe?.allowNewLabels ?? false} />
          <Suggestions chosen={suggestions} change={setSuggestions} />
        </>
      )}
    </EditForm>
  );
}

const filledIn = ({ labels, attributes }: RecipeContent): RecipeContent => ({ labels: labels.filter(({ name }) => name.trim() !== ''), attributes: attributes.filter(({ key }) => key.trim() !== '') });

interface ContentProps {
  content: RecipeContent;
  change: (content: RecipeContent) => void;
  /** The same as text, while it is changed as that. */
  json: string | undefined;
  changeJson: (json: string | undefined) => void;
}

function Content({ content, change, json, changeJson }: ContentProps) {
  if (json !== undefined) {
    const toFields = (read: RecipeContent) => {
      change(read);
      changeJson(undefined);
    };
    return <RecipeJson text={json} change={changeJson} onFields={toFields} />;
  }
  return (
    <>
      <Labels labels={content.labels} change={(labels) => change({ ...content, labels })} />
      <Attributes attributes={content.attributes} change={(attributes) => change({ ...content, attributes })} />
      <Group>
        <Button variant="subtle" onClick={() => changeJson(toJson(filledIn(content)))}>
          {t.json.open}
        </Button>
      </Group>
    </>
  );
}

function Labels({ labels, change }: { labels: readonly RecipeLabel[]; change: (labels: readonly RecipeLabel[]) => void }) {
  const set = (index: number, part: Partial<RecipeLabel>) => change(labels.map((label, at) => (at === index ? { ...label, ...part } : label)));
  return (
    <fieldset style={{ border: 0, padding: 0, margin: 0 }}>
      <legend className={classes['section']}>{t.labels}</legend>
      <Stack gap={6}>
        {labels.map((label, index) => (
          // The place is the only thing that a label without a name has.
          <Stack key={index} gap={4}>
            <Group gap={6} wrap="nowrap" align="flex-start">
              <TextInput aria-label={`${t.label} ${index + 1}`} placeholder={t.label} value={label.name} onChange={(event) => set(index, { name: event.currentTarget.value })} style={{ flex: 1 }} />
              <ColorInput aria-label={`${t.color} ${index + 1}`} value={label.color ?? ''} onChange={(color) => set(index, { color })} w={120} withEyeDropper={false} swatches={palette} />
              <MultiSelect
                aria-label={`${t.shapes} ${index + 1}`}
                placeholder={label.geometry?.length ? '' : t.anyShape}
                data={Object.keys(shapes)}
                value={label.geometry ?? []}
                onChange={(geometry) => set(index, { geometry: geometry.length === 0 ? undefined : (geometry as AnnotationType[]) })}
                style={{ flex: 1 }}
                comboboxProps={{ withinPortal: true }}
              />
              <ActionIcon variant="subtle" color="red" mt={5} aria-label={t.removeLabel(label.name)} onClick={() => change(labels.filter((_one, at) => at !== index))}>
                <IconTrash size={16} />
              </ActionIcon>
            </Group>
            {label.geometry?.includes('keypoints') && <KeyPoints label={label} index={index} set={(part) => set(index, part)} />}
          </Stack>
        ))}
      </Stack>
      <Button variant="subtle" mt={6} leftSection={<IconPlus size={14} />} onClick={() => change([...labels, { name: '', color: palette[labels.length % palette.length] }])}>
        {t.addLabel}
      </Button>
    </fieldset>
  );
}

/** The points of a skeleton by name, and between which of them there are limbs. */
function KeyPoints({ label, index, set }: { label: RecipeLabel; index: number; set: (part: Partial<RecipeLabel>) => void }) {
  const names = label.keypoints ?? [];
  const limbs = (label.skeleton ?? []).flatMap(([from, to]) => (names[from] === undefined || names[to] === undefined ? [] : [`${names[from]}-${names[to]}`]));
  const setNames = (text: string) => {
    const next = partsOf(text);
    const same = next.join() === names.join();
    // Of other points the old limbs say nothing: they are joined one after the other.
    if (!same) set({ keypoints: next, skeleton: next.slice(1).map((_name, at): [number, number] => [at, at + 1]) });
  };
  const setLimbs = (text: string) =>
    set({
      skeleton: partsOf(text).flatMap((limb): [number, number][] => {
        const [from, to] = limb.split('-').map((name) => names.indexOf(name.trim()));
        return from === undefined || to === undefined || from < 0 || to < 0 ? [] : [[from, to]];
      }),
    });
  return (
    <Group gap={6} wrap="nowrap" pl={12}>
      <TextInput aria-label={`${t.keyPoints} ${index + 1}`} placeholder={t.keyPoints} defaultValue={names.join(', ')} onBlur={(event) => setNames(event.currentTarget.value)} style={{ flex: 1 }} />
      <TextInput key={names.join()} aria-label={`${t.limbs} ${index + 1}`} placeholder={t.limbs} defaultValue={limbs.join(', ')} onBlur={(event) => setLimbs(event.currentTarget.value)} style={{ flex: 1 }} />
    </Group>
  );
}

const partsOf = (text: string) => text.split(',').map((part) => part.trim()).filter((part) => part !== '');

const attributeTypes = ['text', 'number', 'boolean', 'one_of', 'many_of'] as const;

function Attributes({ attributes, change }: { attributes: readonly RecipeAttribute[]; change: (attributes: readonly RecipeAttribute[]) => void }) {
  const set = (index: number, part: Partial<RecipeAttribute>) => change(attributes.map((attribute, at) => (at === index ? { ...attribute, ...part } : attribute)));
  return (
    <fieldset style={{ border: 0, padding: 0, margin: 0 }}>
      <legend className={classes['section']}>{t.attributes}</legend>
      <Stack gap={6}>
        {attributes.map((attribute, index) => (
          <Group key={index} gap={6} wrap="nowrap">
            <TextInput aria-label={`${t.key} ${index + 1}`} placeholder={t.key} value={attribute.key} onChange={(event) => set(index, { key: event.currentTarget.value })} style={{ flex: 1 }} />
            <NativeSelect
              aria-label={`${t.type} ${index + 1}`}
              value={attribute.type}
              data={attributeTypes.map((value) => ({ value, label: t.types[value] }))}
              onChange={(event) => set(index, { type: event.currentTarget.value as RecipeAttribute['type'] })}
            />
            <TextInput
              aria-label={`${t.values} ${index + 1}`}
              placeholder={t.values}
              disabled={!attribute.type.endsWith('_of')}
              defaultValue={attribute.values?.join(', ') ?? ''}
              onBlur={(event) => set(index, { values: partsOf(event.currentTarget.value) })}
              style={{ flex: 2 }}
            />
            <Checkbox label={t.perFrame} checked={attribute.perFrame} onChange={(event) => set(index, { perFrame: event.currentTarget.checked })} />
            <Checkbox label={t.required} checked={attribute.required} onChange={(event) => set(index, { required: event.currentTarget.checked })} />
            <ActionIcon variant="subtle" color="red" aria-label={t.removeAttribute(attribute.key)} onClick={() => change(attributes.filter((_one, at) => at !== index))}>
              <IconTrash size={16} />
            </ActionIcon>
          </Group>
        ))}
      </Stack>
      <Button variant="subtle" mt={6} leftSection={<IconPlus size={14} />} onClick={() => change([...attributes, { key: '', type: 'text', required: false, perFrame: false }])}>
        {t.addAttribute}
      </Button>
    </fieldset>
  );
}

/** The analytics that whoever works on a task with this recipe may ask: those that find labels. */
function Suggestions({ chosen, change }: { chosen: readonly string[]; change: (chosen: readonly string[]) => void }) {
  const { data: analytics = [] } = useQuery(analyticsQuery);
  const offered = analytics.filter(({ manifest, pending, deprecated }) => !pending && !deprecated && manifest.scope !== 'private' && manifest.outputs.some(({ type }) => type === 'labels'));
  const names = new Map([...chosen.map((name) => [name, name] as const), ...offered.map(({ name, manifest }) => [name, manifest.title || name] as const)]);
  return (
    <MultiSelect label={t.suggestions} description={t.suggestionsHint} placeholder={chosen.length === 0 ? t.noSuggestions : ''} data={[...names].map(([value, label]) => ({ value, label }))} value={[...chosen]} onChange={change} comboboxProps={{ withinPortal: true }} />
  );
}
