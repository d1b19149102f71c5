import type { Dataset, Project } from '@fovea/contract';
import { Skeleton } from '@mantine/core';
import { useLocalStorage, useMediaQuery } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { datasetQuery, refreshDatasets } from '../../api/datasets.ts';
import { toFilter, type ItemSearch } from '../../api/item-filter.ts';
import { countQuery, refreshFolders } from '../../api/items.ts';
import { projectQuery, roleReaches } from '../../api/projects.ts';
import { useScope } from '../../api/session.ts';
import { PageFault } from '../../shell/page-fault.tsx';
import { texts } from '../../texts.ts';
import { bulkTexts } from '../../texts-bulk.ts';
import { workTexts } from '../../texts-work.ts';
import { walkEntries, walkPicked } from '../../upload/collect.ts';
import { startUpload, useUploading } from '../../upload/uploads.ts';
import { LoadError } from '../../ui/error-text.tsx';
import { formatBytes } from '../../ui/format.ts';
import { ButtonLink, TextLink } from '../../ui/link.tsx';
import { Page } from '../../ui/page.tsx';
import { StepsBanner } from '../project/steps-banner.tsx';
import { BulkMenu } from './bulk/bulk-menu.tsx';
import { useBulkWork } from './bulk/bulk-work.ts';
import type { BulkScope } from './bulk/scope.ts';
import { DatasetMenu } from './dataset-menu.tsx';
import classes from './dataset.module.css';
import { DropZone } from './drop-zone.tsx';
import { FilterBar } from './filter-bar.tsx';
import { FolderPanel } from './folder-panel.tsx';
import { folderTrail } from './folder-trail.ts';
import { ItemGrid } from './item-grid.tsx';
import { itemList, useItemList, useLiveRefresh } from './item-list.ts';
import { WorkProgress } from './labels/work.tsx';
import { EmptyDataset, NoMatch } from './nothing-here.tsx';
import { SelectionBar } from './selection-bar.tsx';
import { useSelection } from './selection.ts';
import { TileSize } from './tile-size.tsx';
import { UploadMenu } from './upload-menu.tsx';

/** A dataset: its items as a grid, its folders, filters, uploads. */
export function DatasetPage() {
  const { datasetId } = useParams({ from: '/inside/datasets/$datasetId' });
  const dataset = useQuery(datasetQuery(datasetId));
  const project = useQuery({ ...projectQuery(dataset.data?.projectId ?? ''), enabled: dataset.data !== undefined });
  const error = dataset.error ?? project.error;
  if (error) return <PageFault error={error} reset={() => void Promise.all([dataset.refetch(), project.refetch()])} />;
  if (!dataset.data || !project.data) {
    return (
      <Page title={texts.dataset.items}>
        <Skeleton height={240} aria-label={texts.common.loading} />
      </Page>
    );
  }
  return <Content dataset={dataset.data} project={project.data} />;
}

function Content({ dataset, project }: { dataset: Dataset; project: Project }) {
  const search = useSearch({ from: '/inside/datasets/$datasetId' });
  const navigate = useNavigate({ from: '/datasets/$datasetId' });
  const folder = search.folder ?? '/';
  const mayChange = useScope('write') && roleReaches(project.role, 'developer');
  const change: Change = (filters) =>
    void navigate({ replace: 'q' in filters, search: (before) => Object.fromEntries(Object.entries({ ...before, ...filters }).filter(([, value]) => value !== undefined)) });
  const openFolder = (path: string) => change({ folder: path === '/' ? undefined : path });
  const [tileSize, setTileSize] = useLocalStorage({ key: 'fovea-tile-size', defaultValue: 180, getInitialValueInEffect: false });
  const upload = (files: Parameters<typeof startUpload>[0]['files']) => void startUpload({ datasetId: dataset.id, datasetName: dataset.name, files });

  return (
    <DropZone enabled={mayChange} folder={folder} onDrop={(entries) => upload((fault) => walkEntries(entries, folder, fault))}>
      <Page
        full
        banner={<StepsBanner project={project} />}
        title={dataset.name}
        subtitle={`${texts.common.items(dataset.itemCount)}, ${formatBytes(dataset.sizeBytes)}${dataset.description === '' ? '' : ` · ${dataset.description}`}`}
        trail={[
          <TextLink key="home" to="/" size="xs" c="dimmed">
            {texts.nav.projects}
          </TextLink>,
          <TextLink key="project" to="/projects/$projectId" params={{ projectId: project.id }} size="xs" c="dimmed">
            {project.name}
          </TextLink>,
          <TextLink key="dataset" to="/datasets/$datasetId" params={{ datasetId: dataset.id }} size="xs" c="dimmed">
            {dataset.name}
          </TextLink>,
          ...folderTrail(folder).map(({ name, path }) => (
            <TextLink key={path} to="/datasets/$datasetId" params={{ datasetId: dataset.id }} search={{ ...search, folder: path }} size="xs" c="dimmed">
              {name}
            </TextLink>
          )),
        ]}
        actions={
          <>
            <ButtonLink variant="default" to="/datasets/$datasetId/versions" params={{ datasetId: dataset.id }}>
              {workTexts.versions.open}
            </ButtonLink>
            {dataset.itemCount > 0 && <TileSize value={tileSize} onChange={setTileSize} />}
            {mayChange && <UploadMenu onPick={(files) => upload(() => walkPicked(files, folder))} />}
            {mayChange && <DatasetMenu dataset={dataset} project={project} search={search} />}
          </>
        }
      >
        <Items dataset={dataset} project={project} search={search} change={change} openFolder={openFolder} mayChange={mayChange} tileSize={tileSize} />
      </Page>
    </DropZone>
  );
}

type Change = (filters: { [K in keyof ItemSearch]?: ItemSearch[K] | undefined }) => void;

interface ItemsProps {
  dataset: Dataset;
  project: Project;
  search: ItemSearch;
  change: Change;
  openFolder: (path: string) => void;
  mayChange: boolean;
  tileSize: number;
}

function Items({ dataset, project, search, change, openFolder, mayChange, tileSize }: ItemsProps) {
  const filterKey = JSON.stringify(search);
  // The address gives a new object at each turn; the list belongs to what stands in it.
  const list = useMemo(() => itemList(dataset.id, search), [dataset.id, filterKey]);
  const pages = useItemList(list);
  const [range, setRange] = useState({ from: 0, to: 0 });
  const onRange = useCallback((from: number, to: number) => setRange({ from, to }), []);
  const selection = useSelection((index) => pages.item(index));
  const wide = useMediaQuery('(min-width: 1100px)', window.innerWidth >= 1100);
  const filtered = filterKey !== '{}';
  const found = useQuery({ ...countQuery(dataset.id, search), enabled: filtered });
  const total = filtered ? found.data : dataset.itemCount;

  useEffect(() => pages.show(0, 0), [pages]);
  useEffect(() => selection.clear(), [list]);
  const uploading = useUploading(dataset.id);
  const refresh = useCallback(() => Promise.all([pages.refresh({ all: true }), refreshDatasets(), refreshFolders(dataset.id)]), [pages, dataset.id]);
  const work = useBulkWork(refresh);
  const wasUploading = useRef(uploading);
  useEffect(() => {
    if (wasUploading.current && !uploading) void refresh();
    wasUploading.current = uploading;
  }, [uploading, refresh]);
  useLiveRefresh(pages, uploading || anyPending(pages, range));

  if (pages.error !== undefined && pages.pending) return <div className={classes['message']}><LoadError error={pages.error} retry={() => pages.retry()} /></div>;
  if (pages.complete && pages.length === 0 && !filtered) return <EmptyDataset dataset={dataset} mayUpload={mayChange} uploading={uploading} />;
  const known = pages.complete ? pages.length.toLocaleString('en') : total === undefined ? texts.dataset.atLeast(pages.length) : Math.max(total, pages.length).toLocaleString('en');
  return (
    <div className={classes['layout']} data-folders={wide}>
      {wide && <FolderPanel datasetId={dataset.id} current={search.folder ?? '/'} open={openFolder} />}
      <div className={classes['main']}>
        <div className={classes['tools']}>
          {selection.items.size > 0 ? <SelectionBar selection={selection} refresh={refresh} dataset={dataset} project={project} folder={search.folder ?? '/'} work={work} /> : <FilterBar datasetId={dataset.id} search={search} change={change} channels={list.seen.channels} labels={list.seen.labels} />}
          <div className={classes['right']}>
            {pages.length > 0 && <span className={classes['range']}>{texts.dataset.range(range.from + 1, Math.max(range.from + 1, range.to), known)}</span>}
            {mayChange && selection.items.size === 0 && total !== undefined && total > 0 && <BulkMenu scope={shownOf({ dataset, project, search, total })} work={work} refresh={refresh} label={bulkTexts.all(total)} />}
          </div>
        </div>
        {work.current && <div className={classes['message']}><WorkProgress work={work.current} /></div>}
        {pages.error !== undefined && <div className={classes['message']}><LoadError error={pages.error} retry={() => pages.retry()} /></div>}
        {pages.complete && pages.length === 0 ? (
          <NoMatch clear={() => change({ q: undefined, kind: undefined, status: undefined, probe: undefined, channel: undefined, label: undefined, folder: undefined, where: undefined })} />
        ) : (
          <div className={classes['grid']}>
            <ItemGrid list={list} search={search} tileSize={tileSize} selection={mayChange ? selection : undefined} total={total} onRange={onRange} />
          </div>
        )}
      </div>
    </div>
  );
}

/** What the filters show, to be changed as a whole. */
function shownOf({ dataset, project, search, total }: { dataset: Dataset; project: Project; search: ItemSearch; total: number }): BulkScope {
  const isWholeFolder = Object.keys(search).every((key) => key === 'folder');
  return { dataset, project, filter: toFilter(search), count: total, folder: search.folder ?? '/', isWholeFolder };
}

/** Whether the platform still reads files of the rows shown. */
function anyPending(pages: ReturnType<typeof useItemList>, { from, to }: { from: number; to: number }): boolean {
  for (let index = from; index < to; index++) if (pages.item(index)?.probe === 'pending') return true;
  return false;
}
