import type { Project } from '@fovea/contract';
import { Button, Modal, Skeleton } from '@mantine/core';
import { IconPlus, type Icon } from '@tabler/icons-react';
import type { UseQueryResult } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { texts } from '../../texts.ts';
import { DataTable, type Column } from '../../ui/data-table.tsx';
import { Empty } from '../../ui/empty.tsx';
import { LoadError } from '../../ui/error-text.tsx';
import { ProjectPage } from './project-page.tsx';

export interface ProjectListProps<T extends { id: string }> {
  projectId: string;
  title: string;
  /** Asks for what there is. */
  useRows: (projectId: string) => UseQueryResult<T[]>;
  /** `edit` opens the dialog of one of them; undefined for those who may only look. */
  columns: (edit: ((row: T) => void) | undefined) => readonly Column<T>[];
  /** Narrower than this the table scrolls sideways. Pixels. */
  minWidth?: number;
  icon: Icon;
  empty: { readonly title: string; readonly text: string; /** For those who may only look, where it differs. */ readonly reader?: string };
  create: string;
  mayEdit: (project: Project) => boolean;
  /** What the dialog holds: of one of them, or of a new one. */
  form: (project: Project, row: T | undefined, close: () => void) => ReactNode;
  /** Of the dialog of one of them. */
  nameOf?: (row: T) => string;
  dialogSize?: 'md' | 'xl';
  /** Buttons before the one that makes a new one. */
  actions?: (project: Project) => ReactNode;
  /** Below the table. */
  children?: (project: Project) => ReactNode;
}

/** The page of one kind of thing in a project: a table of all, and a dialog that makes or changes one. */
export function ProjectList<T extends { id: string }>(props: ProjectListProps<T>) {
  const { projectId, title, create, mayEdit, form, nameOf, dialogSize = 'md', actions, children } = props;
  const [open, setOpen] = useState<T | 'new'>();
  const close = () => setOpen(undefined);
  const button = (project: Project) =>
    mayEdit(project) && (
      <Button leftSection={<IconPlus size={15} />} onClick={() => setOpen('new')}>
        {create}
      </Button>
    );
  return (
    <ProjectPage
      projectId={projectId}
      part={title}
      actions={(project) => (
        <>
          {actions?.(project)}
          {button(project)}
        </>
      )}
    >
      {(project) => (
        <>
          <Rows {...props} create={button(project)} edit={mayEdit(project) ? setOpen : undefined} />
          {children?.(project)}
          <Modal opened={open !== undefined} onClose={close} title={open === undefined || open === 'new' ? create : nameOf?.(open)} size={dialogSize}>
            {open !== undefined && form(project, open === 'new' ? undefined : open, close)}
          </Modal>
        </>
      )}
    </ProjectPage>
  );
}

type RowsProps<T extends { id: string }> = Omit<ProjectListProps<T>, 'create'> & { create: ReactNode; edit: ((row: T) => void) | undefined };

function Rows<T extends { id: string }>({ projectId, useRows, columns, minWidth, icon, empty, create, edit }: RowsProps<T>) {
  const { data: rows, error, refetch } = useRows(projectId);
  if (error) return <LoadError error={error} retry={() => void refetch()} />;
  if (!rows) return <Skeleton height={160} aria-label={texts.common.loading} />;
  if (rows.length === 0) {
    return (
      <Empty icon={icon} title={empty.title} action={create}>
        {edit ? empty.text : (empty.reader ?? empty.text)}
      </Empty>
    );
  }
  return <DataTable rows={rows} keyOf={(row) => row.id} {...(minWidth !== undefined && { minWidth })} columns={columns(edit)} />;
}
