// 人员: who may log in, as what, and where he helps.
import { useState } from 'preact/hooks';
import { Button, Checks, Confirm, Dialog, NumberField, Problem, Secret, Select, Text, useAct, useHost, useLoaded, Waiting, Check } from './kit';
import { t, type Key } from './texts';
import type { People, Person, Team } from './types';

const role = (name: string): string => t(('role_' + name) as Key);
const skill = (name: string): string => t(('skill_' + name) as Key);

export function PeoplePage() {
  const host = useHost();
  const people = useLoaded<People>('people');
  const teams = useLoaded<{ teams: Team[] }>('teams');
  const [edited, setEdited] = useState<Person | 'new' | null>(null);
  const [once, setOnce] = useState<{ name: string; password: string } | null>(null);
  const [asked, setAsked] = useState<{ person: Person; what: 'password' | 'logout' | 'remove' } | null>(null);
  const act = useAct();
  const changes = host.me.role === 'admin';
  const teamNames = (ids: string[]): string => ids.map((id) => teams.data?.teams.find((x) => x.id === id)?.name ?? '').filter(Boolean).join('、');

  async function go(): Promise<void> {
    const { person, what } = asked!;
    const at = 'people/' + encodeURIComponent(person.id);
    if (await act.run(async () => {
      if (what === 'password') {
        const { password } = await host.call<{ password: string }>('POST', at + '/password');
        setOnce({ name: person.name, password });
      } else if (what === 'logout') {
        await host.call('POST', at + '/logout');
        host.toast(t('loggedOut', { name: person.name }));
      } else {
        await host.call('DELETE', at);
        host.toast(t('removed', { name: person.name }));
      }
    })) {
      setAsked(null);
      void people.again();
    }
  }

  return (
    <>
      <p class="lead">{t('peopleLead')}</p>
      {once && <Secret text={once.password} what={t('onceFor', { name: once.name })} done={() => setOnce(null)} />}
      {changes && <div class="acts"><Button kind="primary" onClick={() => setEdited('new')}>{t('addPerson')}</Button></div>}
      <Waiting of={people} />
      {people.data && (
        <ul class="cards">
          {people.data.people.map((p) => (
            <li key={p.id} class={'card-row' + (p.disabled ? ' off' : '')}>
              <div class="card-main">
                <strong>{p.display || p.name}</strong>
                {p.display && <span class="dim">{p.name}</span>}
                <span class="tag">{role(p.role)}</span>
                {p.disabled && <span class="tag plain">{t('disabled')}</span>}
                {p.must_change && <span class="tag plain">{t('mustChange')}</span>}
                <p class="dim small">
                  {[teamNames(p.teams), p.role === 'editor' ? '' : p.skills.length ? p.skills.map(skill).join('、') : t('allSkills'),
                    p.role === 'editor' ? '' : t('atOnce', { n: p.capacity })].filter(Boolean).join(' · ')}
                </p>
              </div>
              {changes && (
                <div class="acts">
                  <Button kind="small" label={t('edit') + ' ' + p.name} onClick={() => setEdited(p)}>{t('edit')}</Button>
                  {p.id !== host.me.id && <Button kind="small" label={t('resetPassword') + ' ' + p.name} onClick={() => setAsked({ person: p, what: 'password' })}>{t('resetPassword')}</Button>}
                  <Button kind="small" label={t('logOutAll') + ' ' + p.name} onClick={() => setAsked({ person: p, what: 'logout' })}>{t('logOutAll')}</Button>
                  {p.must_change && <Button kind="small danger" label={t('remove') + ' ' + p.name} onClick={() => setAsked({ person: p, what: 'remove' })}>{t('remove')}</Button>}
                </div>
              )}
            </li>
          ))}
        </ul>
      )}
      {edited && people.data && (
        <PersonDialog
          person={edited === 'new' ? null : edited} all={people.data} teams={teams.data?.teams ?? []} shut={() => setEdited(null)}
          done={(name, password) => {
            setEdited(null);
            if (password) setOnce({ name, password });
            else host.toast(t('saved'));
            void people.again();
          }}
        />
      )}
      {asked && (
        <Confirm
          title={t(asked.what === 'password' ? 'resetPassword' : asked.what === 'logout' ? 'logOutAll' : 'remove')}
          text={t(asked.what === 'password' ? 'resetAsk' : asked.what === 'logout' ? 'logOutAsk' : 'removeAsk', { name: asked.person.display || asked.person.name })}
          act={() => void go()} shut={() => { setAsked(null); act.setError(''); }} error={act.error} busy={act.busy}
        />
      )}
    </>
  );
}

function PersonDialog({ person, all, teams, shut, done }: {
  person: Person | null; all: People; teams: Team[]; shut: () => void; done: (name: string, password: string) => void;
}) {
  const host = useHost();
  const act = useAct();
  const [p, set] = useState<Person>(person ?? { id: '', name: '', display: '', role: 'agent', teams: [], skills: [], capacity: 6, disabled: false, must_change: true });
  const put = (patch: Partial<Person>): void => set({ ...p, ...patch });

  function save(event: Event): void {
    event.preventDefault();
    void act.run(async () => {
      if (person) {
        await host.call('PUT', 'people/' + encodeURIComponent(p.id), p);
        done(p.name, '');
      } else {
        const { name, display, role, teams, skills, capacity } = p;
        const got = await host.call<{ person: Person; password: string }>('POST', 'people', { name, display, role, teams, skills, capacity });
        done(got.person.name, got.password);
      }
    });
  }

  return (
    <Dialog title={t(person ? 'editPerson' : 'addPerson')} shut={shut}>
      <form onSubmit={save}>
        <Text label={t('loginName')} name="name" value={p.name} set={(name) => put({ name })} required max={32} hint={t('loginNameHint')} />
        <Text label={t('displayName')} name="display" value={p.display} set={(display) => put({ display })} max={20} hint={t('displayNameHint')} />
        <Select label={t('role')} value={p.role} set={(role) => put({ role })} options={all.roles.map((r) => [r, role(r)] as const)} />
        <p class="dim small">{t(('roleHint_' + p.role) as Key)}</p>
        {p.role !== 'editor' && (
          <>
            <Checks legend={t('skills')} hint={t('skillsHint')} options={all.skills.map((s) => [s, skill(s)] as const)} on={p.skills} set={(skills) => put({ skills })} />
            {teams.length > 0 && <Checks legend={t('teams')} options={teams.map((x) => [x.id, x.name] as const)} on={p.teams} set={(teams) => put({ teams })} />}
            <NumberField label={t('capacity')} value={p.capacity} set={(capacity) => put({ capacity })} min={1} max={50} />
          </>
        )}
        {person && <Check label={t('disable')} hint={t('disableHint')} on={p.disabled} set={(disabled) => put({ disabled })} />}
        <Problem text={act.error} />
        <div class="dialog-foot">
          <Button onClick={shut}>{t('cancel')}</Button>
          <Button submit kind="primary" busy={act.busy}>{t(act.busy ? 'saving' : person ? 'save' : 'add')}</Button>
        </div>
      </form>
    </Dialog>
  );
}
