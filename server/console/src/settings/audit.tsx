// 审计日志: who did what, the newest first.
import { useEffect, useState } from 'preact/hooks';
import { Button, dayStart, Problem, Select, Text, useHost, useLoaded, when } from './kit';
import { t, type Key } from './texts';
import type { AuditLine, People } from './types';

interface Page { lines: AuditLine[]; next: string; acts: string[] }

const act = (name: string): string => {
  const key = ('act_' + name.replace(/\./g, '_')) as Key;
  const text = t(key);
  return text === key ? name : text;
};

const reasons: Record<string, Key> = { solved: 'closed_solved', unsolvable: 'closed_unsolvable', duplicate: 'closed_duplicate', no_reply: 'closed_no_reply' };

const detail = (l: AuditLine): string => {
  const said = l.detail ?? '';
  const reason = l.act === 'close' ? reasons[said] : undefined;
  return reason ? t(reason) : said;
};

export function AuditPage() {
  const host = useHost();
  const people = useLoaded<People>('people');
  const [who, setWho] = useState('');
  const [what, setWhat] = useState('');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [page, setPage] = useState<Page | null>(null);
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);

  /** Colleagues are known by the names that all see. */
  const shown = (who: AuditLine['agent']): string => people.data?.people.find((p) => p.id === who.id)?.display || who.name;

  const query = (): string => {
    const q = new URLSearchParams();
    if (who) q.set('agent', who);
    if (what) q.set('act', what);
    if (from) q.set('from', String(dayStart(from)));
    if (to) q.set('to', String(dayStart(to, 1)));
    return q.toString();
  };

  async function load(after = ''): Promise<void> {
    setBusy(true);
    try {
      const got = await host.call<Page>('GET', `audit?${query()}&after=${encodeURIComponent(after)}`);
      setPage((old) => (after && old ? { ...got, lines: [...old.lines, ...got.lines] } : got));
      setError('');
    } catch (problem) {
      setError(host.sentence(problem));
    }
    setBusy(false);
  }
  useEffect(() => { void load(); }, [who, what, from, to]);

  return (
    <>
      <p class="lead">{t('auditLead')}</p>
      <form class="filters" onSubmit={(e) => e.preventDefault()}>
        <Select label={t('who')} value={who} set={setWho} options={[['', t('everybody')] as const, ...(people.data?.people ?? []).map((p) => [p.id, p.display || p.name] as const), ['command', t('commandLine')] as const, ['nobody', t('nobody')] as const]} />
        <Select label={t('what')} value={what} set={setWhat} options={[['', t('everything')] as const, ...(page?.acts ?? []).map((a) => [a, act(a)] as const)]} />
        <Text label={t('fromDay')} type="date" value={from} set={setFrom} />
        <Text label={t('toDay')} type="date" value={to} set={setTo} />
        <a class="button" href={'/api/a/v1/audit/export?' + query()} download>{t('takeCSV')}</a>
      </form>
      <Problem text={error} />
      {!page && !error && <p role="status" class="dim">{t('loading')}</p>}
      {page && !page.lines.length && <p class="dim">{t('nothingFound')}</p>}
      {page && page.lines.length > 0 && (
        <div class="table-place" role="region" aria-label={t('auditTable')} tabIndex={0}>
          <table>
            <thead><tr><th scope="col">{t('time')}</th><th scope="col">{t('who')}</th><th scope="col">{t('what')}</th><th scope="col">{t('detail')}</th></tr></thead>
            <tbody>
              {page.lines.map((l) => (
                <tr key={l.id}>
                  <td><time>{when(l.at)}</time></td>
                  <td title={l.agent.name}>{shown(l.agent)}</td>
                  <td>{act(l.act)}</td>
                  <td>{l.conversation && <a href={'#/queued/' + encodeURIComponent(l.conversation)}>{t('conversation', { tail: l.conversation.slice(-4) })}</a>} {detail(l)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {page?.next && <div class="acts"><Button busy={busy} onClick={() => void load(page.next)}>{t('more')}</Button></div>}
    </>
  );
}
