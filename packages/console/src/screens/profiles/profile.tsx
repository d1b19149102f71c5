import type { Analytic, Profile, ProfileVersion, Project } from '@fovea/contract';
import { ActionIcon, Button, Skeleton, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconSearch, IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { fovea } from '../../api/client.ts';
import { faultsByField } from '../../api/errors.ts';
import { analyticQuery, profileQuery, profileVersionsQuery } from '../../api/product.ts';
import { projectQuery, roleReaches } from '../../api/projects.ts';
import { useScope } from '../../api/session.ts';
import { refresh } from '../../api/work.ts';
import { PageFault } from '../../shell/page-fault.tsx';
import { texts } from '../../texts.ts';
import { productTexts } from '../../texts-product.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { ErrorText } from '../../ui/error-text.tsx';
import { TextLink } from '../../ui/link.tsx';
import { Moment } from '../../ui/moment.tsx';
import { notify } from '../../ui/notices.ts';
import { Page } from '../../ui/page.tsx';
import { ParameterField, valueOf } from '../workflow/parameters.tsx';
import { ProfileFiles, useFiles } from './files.tsx';
import { Preview } from './preview.tsx';
import classes from './profiles.module.css';

const t = productTexts.profiles;

/** One profile: its settings by the document of the analytic, its files, what it does, what it was. */
export function ProfilePage() {
  const { profileId } = useParams({ from: '/inside/profiles/$profileId' });
  const { data: profile, error, refetch } = useQuery(profileQuery(profileId));
  const project = useQuery({ ...projectQuery(profile?.projectId ?? ''), enabled: profile !== undefined });
  const analytic = useQuery({ ...analyticQuery(profile?.analytic ?? ''), enabled: profile !== undefined });
  const fault = error ?? project.error ?? analytic.error;
  if (fault) return <PageFault error={fault} reset={() => void refetch()} />;
  if (!profile || !project.data || !analytic.data) {
    return (
      <Page title={t.title}>
        <Skeleton height={240} aria-label={texts.common.loading} />
      </Page>
    );
  }
  return <Editor key={profile.id} profile={profile} project={project.data} analytic={analytic.data} />;
}

interface EditorProps {
  profile: Profile;
  project: Project;
  analytic: Analytic;
}

function Editor({ profile, project, analytic }: EditorProps) {
  const writes = useScope('write');
  const mayChange = writes && roleReaches(project.role, 'developer');
  const form = useRef<HTMLFormElement>(null);
  // What stands in the form at first; another one begins it anew.
  const [shown, show] = useState<{ parameters: Record<string, unknown>; version: number }>(profile);
  const [dirty, setDirty] = useState(false);
  const { parameters: document } = analytic.manifest;
  const read = () => {
    const given = Object.fromEntries(document.flatMap((parameter) => valueOf(parameter, new FormData(form.current ?? undefined))));
    // What was emptied is taken away.
    const gone = Object.fromEntries(Object.keys(profile.parameters).flatMap((name) => (Object.hasOwn(given, name) ? [] : [[name, null]])));
    return { ...gone, ...given };
  };
  const save = useMutation({
    mutationFn: () => fovea.profiles.update(profile.id, { parameters: read() }),
    onSuccess: async (saved) => {
      setDirty(false);
      show({ parameters: saved.parameters, version: saved.version });
      await refresh('profiles');
      notify({ tone: 'good', text: t.saved(saved.version) });
    },
    meta: { quiet: true },
  });
  const takeBack = (version: ProfileVersion) => {
    show({ parameters: version.parameters, version: version.version });
    setDirty(version.version !== profile.version);
  };
  return (
    <Page title={profile.name} subtitle={profile.description === '' ? `${profile.analytic} ${analytic.version}` : profile.description} trail={trailOf(project)} actions={mayChange && <Remove profile={profile} />}>
      <div className={classes['editor']}>
        <section aria-label={t.settings}>
          <form
            ref={form}
            onInput={() => setDirty(true)}
            onChange={() => setDirty(true)}
            onSubmit={(event) => {
              event.preventDefault();
              save.mutate();
            }}
          >
            <Settings key={`${shown.version} ${profile.files.length}`} analytic={analytic} parameters={shown.parameters} profile={profile} faults={faultsByField(save.error)} />
            <ErrorText error={save.error} />
            {mayChange && (
              <div className={classes['foot']}>
                <Button type="submit" loading={save.isPending} disabled={!dirty}>
                  {t.save}
                </Button>
                {dirty && <span className={classes['dirty']}>{t.unsaved}</span>}
              </div>
            )}
          </form>
          <ProfileFiles profile={profile} mayChange={mayChange} />
        </section>
        <section aria-label={t.preview}>
          <Preview profile={profile} analytic={analytic} mayRun={mayChange} parameters={read} />
          <Versions profile={profile} shown={shown.version} takeBack={mayChange ? takeBack : undefined} />
        </section>
      </div>
    </Page>
  );
}

const trailOf = (project: Project) => [
  <TextLink key="project" to="/projects/$projectId" params={{ projectId: project.id }} size="xs" c="dimmed">
    {project.name}
  </TextLink>,
  <TextLink key="profiles" to="/projects/$projectId/profiles" params={{ projectId: project.id }} size="xs" c="dimmed">
    {t.title}
  </TextLink>,
];

function Settings({ analytic, parameters, profile, faults }: { analytic: Analytic; parameters: Record<string, unknown>; profile: Profile; faults: Readonly<Record<string, string>> }) {
  const [search, setSearch] = useState('');
  const files = useFiles(profile);
  const { parameters: document } = analytic.manifest;
  const fits = (name: string, description: string) => `${name} ${description}`.toLowerCase().includes(search.trim().toLowerCase());
  const none = !document.some(({ name, description }) => fits(name, description));
  return (
    <>
      {document.length > 8 && <TextInput mb="sm" size="xs" leftSection={<IconSearch size={14} aria-hidden />} aria-label={t.search} placeholder={t.search} value={search} onChange={(event) => setSearch(event.currentTarget.value)} onInput={(event) => event.stopPropagation()} />}
      {none && <p className={classes['hint']}>{t.noSetting}</p>}
      {/* Reachable by keyboard, as it scrolls. */}
      <div className={classes['settings']} tabIndex={0} role="group" aria-label={t.settings}>
        {document.map((parameter) => (
          // Settings that are not looked for stay in the form.
          <div key={parameter.name} className={fits(parameter.name, parameter.description) ? undefined : classes['hidden']}>
            <ParameterField parameter={parameter} value={parameters[parameter.name] ?? parameter.default} fault={faults[`parameters.${parameter.name}`]} files={files} />
          </div>
        ))}
      </div>
    </>
  );
}

function Versions({ profile, shown, takeBack }: { profile: Profile; shown: number; takeBack: ((version: ProfileVersion) => void) | undefined }) {
  const { data: versions = [] } = useQuery(profileVersionsQuery(profile.id));
  return (
    <section className={classes['panel']} aria-label={t.versions}>
      <h2>{t.versions}</h2>
      <DataTable
        rows={versions}
        keyOf={(version) => version.version}
        minWidth={420}
        columns={[
          { head: t.version, main: true, cell: (version) => `${version.version}${version.version === shown ? ` (${t.shown})` : ''}` },
          { head: t.changed, cell: (version) => <Moment at={version.createdAt} /> },
          { head: t.by, cell: (version) => version.createdBy },
          takeBack && {
            head: t.takeBack,
            quiet: true,
            align: 'right',
            cell: (version) =>
              version.version !== shown && (
                <Button size="compact-xs" variant="subtle" aria-label={t.takeBackNamed(version.version)} onClick={() => takeBack(version)}>
                  {t.takeBack}
                </Button>
              ),
          },
        ]}
      />
    </section>
  );
}

function Remove({ profile }: { profile: Profile }) {
  const [asking, ask] = useDisclosure(false);
  const navigate = useNavigate();
  const remove = async () => {
    await fovea.profiles.delete(profile.id);
    await navigate({ to: '/projects/$projectId/profiles', params: { projectId: profile.projectId } });
    await refresh('profiles');
    notify({ tone: 'plain', text: t.deleted(profile.name) });
  };
  return (
    <>
      <ActionIcon variant="default" size={30} aria-label={t.delete} onClick={ask.open}>
        <IconTrash size={16} />
      </ActionIcon>
      <Confirm opened={asking} onClose={ask.close} question={t.deleteConfirm(profile.name)} action={t.delete} run={remove} />
    </>
  );
}
