// 快捷回复: what agents have ready, as a tree, for all or for one group.
import { useRef, useState } from 'preact/hooks';
import { Button, Confirm, Dialog, Problem, Select, Text, useAct, useHost, useLoaded, Waiting } from './kit';
import { t } from './texts';
import type { Canned, Team } from './types';

export function CannedPage() {
  const host = useHost();
  const canned = useLoaded<{ canned: Canned[]; variables: string[] }>('canned?all=1');
  const teams = useLoaded<{ teams: Team[] }>('teams');
  const [edited, setEdited] = useState<Canned | null>(null);
  const [gone, setGone] = useState<Canned | null>(null);
  const [q, setQ] = useState('');
  const removing = useAct();

  const all = (canned.data?.canned ?? []).filter((c) => !q || (c.path + c.title + c.text).toLowerCase().includes(q.toLowerCase()));
  const places = [...new Set(all.map((c) => c.path))];
  const teamName = (id: string): string => (id ? teams.data?.teams.find((x) => x.id === id)?.name ?? '…' : t('forAll'));

  async function remove(): Promise<void> {
    if (await removing.run(async () => { await host.call('DELETE', 'canned/' + encodeURIComponent(gone!.id)); })) {
      setGone(null);
      void canned.again();
    }
  }

  return (
    <>
      <p class="lead">{t('cannedLead')}</p>
      <div class="one-line">
        <Text label={t('find')} type="search" value={q} set={setQ} />
        <Button kind="primary" onClick={() => setEdited({ id: '', team: '', path: '', title: '', text: '', at: 0 })}>{t('addCanned')}</Button>
      </div>
      <Waiting of={canned} />
      {canned.data && !all.length && <p class="dim">{t(q ? 'nothingFound' : 'noCanned')}</p>}
      {places.map((place) => (
        <section key={place} class="tree">
          <h3>{place ? place.split('/').join(' › ') : t('noPath')}</h3>
          <ul class="cards">
            {all.filter((c) => c.path === place).map((c) => (
              <li key={c.id} class="card-row">
                <div class="card-main">
                  <strong>{c.title}</strong> <span class="tag plain">{teamName(c.team)}</span>
                  <p class="small canned-text">{c.text}</p>
                </div>
                <div class="acts">
                  <Button kind="small" label={t('edit') + ' ' + c.title} onClick={() => setEdited(c)}>{t('edit')}</Button>
                  <Button kind="small danger" label={t('remove') + ' ' + c.title} onClick={() => setGone(c)}>{t('remove')}</Button>
                </div>
              </li>
            ))}
          </ul>
        </section>
      ))}
      {edited && (
        <CannedDialog
          canned={edited} teams={teams.data?.teams ?? []} variables={canned.data?.variables ?? []} places={[...new Set((canned.data?.canned ?? []).map((c) => c.path).filter(Boolean))]}
          shut={() => setEdited(null)} done={() => { setEdited(null); host.toast(t('saved')); void canned.again(); }}
        />
      )}
      {gone && <Confirm title={t('remove')} text={t('removeCannedAsk', { name: gone.title })} act={() => void remove()} shut={() => { setGone(null); removing.setError(''); }} error={removing.error} busy={removing.busy} />}
    </>
  );
}

function CannedDialog({ canned, teams, variables, places, shut, done }: {
  canned: Canned; teams: Team[]; variables: string[]; places: string[]; shut: () => void; done: () => void;
}) {
  const host = useHost();
  const act = useAct();
  const [c, set] = useState(canned);
  const form = useRef<HTMLFormElement>(null);

  function save(event: Event): void {
    event.preventDefault();
    const { team, path, title, text } = c;
    void act.run(async () => {
      await (c.id ? host.call('PUT', 'canned/' + encodeURIComponent(c.id), { team, path, title, text }) : host.call('POST', 'canned', { team, path, title, text }));
      done();
    });
  }
  function insert(name: string): void {
    const area = form.current!.querySelector('textarea')!;
    const at = area.selectionStart;
    const word = `{{${name}}}`;
    set({ ...c, text: c.text.slice(0, at) + word + c.text.slice(area.selectionEnd) });
    requestAnimationFrame(() => { area.focus(); area.setSelectionRange(at + word.length, at + word.length); });
  }

  return (
    <Dialog title={t(c.id ? 'editCanned' : 'addCanned')} shut={shut}>
      <form ref={form} onSubmit={save}>
        <Text label={t('title')} name="title" value={c.title} set={(title) => set({ ...c, title })} required max={40} />
        <Text label={t('path')} name="path" value={c.path} set={(path) => set({ ...c, path })} hint={t('pathHint')} max={100} list="canned-places" />
        <datalist id="canned-places">{places.map((p) => <option key={p} value={p} />)}</datalist>
        <Select label={t('forWhom')} value={c.team} set={(team) => set({ ...c, team })} options={[['', t('forAll')] as const, ...teams.map((x) => [x.id, x.name] as const)]} />
        <Text label={t('text')} name="text" value={c.text} set={(text) => set({ ...c, text })} required lines={6} max={2000} hint={t('variablesHint')} />
        <div class="acts" role="group" aria-label={t('variables')}>
          {variables.map((v) => <Button key={v} kind="small" onClick={() => insert(v)}>{`{{${v}}}`}</Button>)}
        </div>
        <Problem text={act.error} />
        <div class="dialog-foot">
          <Button onClick={shut}>{t('cancel')}</Button>
          <Button submit kind="primary" busy={act.busy}>{t(act.busy ? 'saving' : 'save')}</Button>
        </div>
      </form>
    </Dialog>
  );
}
