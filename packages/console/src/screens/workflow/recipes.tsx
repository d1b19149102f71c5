import type { Recipe } from '@fovea/contract';
import { Badge, Button, Group } from '@mantine/core';
import { IconPalette } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { roleReaches } from '../../api/projects.ts';
import { useScope } from '../../api/session.ts';
import { recipesQuery } from '../../api/work.ts';
import { texts } from '../../texts.ts';
import { workTexts } from '../../texts-work.ts';
import { Moment } from '../../ui/moment.tsx';
import { ProjectList } from '../project/project-list.tsx';
import { RecipeForm } from './recipe-form.tsx';
import { RecipeView } from './recipe-view.tsx';

const t = workTexts.recipes;

/** The recipes of a project: what may be labeled and how. */
export function ProjectRecipes() {
  const { projectId } = useParams({ from: '/inside/projects/$projectId/recipes' });
  const writes = useScope('write');
  return (
    <ProjectList<Recipe>
      projectId={projectId}
      title={t.title}
      useRows={(id) => useQuery(recipesQuery(id))}
      icon={IconPalette}
      empty={{ title: t.emptyTitle, text: t.empty }}
      create={t.create}
      mayEdit={(project) => writes && roleReaches(project.role, 'manager')}
      form={(project, recipe, close) => <RecipeForm project={project} recipe={recipe} close={close} />}
      nameOf={({ name }) => name}
      dialogSize="xl"
      minWidth={640}
      columns={(edit) => [
        { head: t.name, main: true, cell: (recipe) => <RecipeName recipe={recipe} edit={edit} /> },
        { head: t.labels, cell: (recipe) => <LabelBadges recipe={recipe} /> },
        { head: t.version, align: 'right', cell: (recipe) => recipe.version },
        { head: texts.common.created, cell: (recipe) => <Moment at={recipe.createdAt} /> },
      ]}
    />
  );
}

function RecipeName({ recipe, edit }: { recipe: Recipe; edit: ((recipe: Recipe) => void) | undefined }) {
  if (!edit) return <RecipeView recipe={recipe} />;
  return (
    <Button variant="transparent" p={0} h="auto" onClick={() => edit(recipe)}>
      {recipe.name}
    </Button>
  );
}

const shownLabels = 12;

function LabelBadges({ recipe: { labels } }: { recipe: Recipe }) {
  return (
    <Group gap={6}>
      {labels.slice(0, shownLabels).map((label) => (
        <Badge key={label.name} variant="default" tt="none" leftSection={<span aria-hidden style={{ width: 8, height: 8, borderRadius: 4, display: 'inline-block', background: label.color ?? 'var(--fv-dim)' }} />}>
          {label.displayName ?? label.name}
        </Badge>
      ))}
      {labels.length > shownLabels && <span>+{labels.length - shownLabels}</span>}
    </Group>
  );
}
