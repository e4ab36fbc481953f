// 分组: groups of agents, for routing and canned replies.
import { useState } from 'preact/hooks';
import { Button, Confirm, Problem, Text, useAct, useHost, useLoaded, Waiting } from './kit';
import { t } from './texts';
import type { Team } from './types';

export function TeamsPage() {
  const host = useHost();
  const teams = useLoaded<{ teams: Team[] }>('teams');
  const [name, setName] = useState('');
  const [edited, setEdited] = useState<Team | null>(null);
  const [gone, setGone] = useState<Team | null>(null);
  const adding = useAct();
  const changing = useAct();
  const removing = useAct();
  const changes = host.me.role === 'admin';

  async function add(event: Event): Promise<void> {
    event.preventDefault();
    if (await adding.run(async () => { await host.call('POST', 'teams', { name }); })) {
      setName('');
      void teams.again();
    }
  }
  async function rename(event: Event): Promise<void> {
    event.preventDefault();
    if (await changing.run(async () => { await host.call('PUT', 'teams/' + encodeURIComponent(edited!.id), { name: edited!.name }); })) {
      setEdited(null);
      void teams.again();
    }
  }
  async function remove(): Promise<void> {
    if (await removing.run(async () => { await host.call('DELETE', 'teams/' + encodeURIComponent(gone!.id)); })) {
      setGone(null);
      void teams.again();
    }
  }

  return (
    <>
      <p class="lead">{t('teamsLead')}</p>
      {changes && (
        <form class="one-line" onSubmit={(e) => void add(e)}>
          <Text label={t('newTeam')} name="team" value={name} set={setName} max={20} required />
          <Button submit kind="primary" busy={adding.busy}>{t('add')}</Button>
        </form>
      )}
      <Problem text={adding.error} />
      <Waiting of={teams} />
      {teams.data && !teams.data.teams.length && <p class="dim">{t('noTeams')}</p>}
      <ul class="cards">
        {teams.data?.teams.map((x) => (
          <li key={x.id} class="card-row">
            {edited?.id === x.id ? (
              <form class="one-line grow" onSubmit={(e) => void rename(e)}>
                <Text label={t('teamName')} value={edited.name} set={(name) => setEdited({ ...edited, name })} max={20} required />
                <Button submit kind="primary" busy={changing.busy}>{t('save')}</Button>
                <Button onClick={() => { setEdited(null); changing.setError(''); }}>{t('cancel')}</Button>
                <Problem text={changing.error} />
              </form>
            ) : (
              <>
                <div class="card-main"><strong>{x.name}</strong><p class="dim small">{t('members', { n: x.members })}</p></div>
                {changes && (
                  <div class="acts">
                    <Button kind="small" label={t('rename') + ' ' + x.name} onClick={() => setEdited(x)}>{t('rename')}</Button>
                    <Button kind="small danger" label={t('remove') + ' ' + x.name} onClick={() => setGone(x)}>{t('remove')}</Button>
                  </div>
                )}
              </>
            )}
          </li>
        ))}
      </ul>
      {gone && <Confirm title={t('remove')} text={t('removeTeamAsk', { name: gone.name })} act={() => void remove()} shut={() => { setGone(null); removing.setError(''); }} error={removing.error} busy={removing.busy} />}
    </>
  );
}
