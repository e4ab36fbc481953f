// The right pane: what is known, the merchant's record, answers, earlier
// troubles and canned replies. On a narrower screen its parts are tabs of the
// conversation.
import { useEffect, useState } from 'preact/hooks';
import { CardView, percent, reasonText } from './card';
import { insert } from './composer';
import { open } from './desk';
import { Icon } from './icons';
import { ChannelName } from './lists';
import { MerchantPart } from './merchant';
import { desk, HELPERS, hold, useDesk, type Helper, type Talk } from './state';
import { t, type Key } from './texts';
import { stamp } from './time';
import type { Canned, Episode, Suggestion } from './types';
import * as api from './api';
import { filled, judge, loadCanned, loadPast, loadSuggestions, matching, showHelper } from './work';

export const HELPER_NAMES: Record<Helper, Key> = { card: 'helpCard', merchant: 'helpMerchant', suggest: 'helpSuggest', past: 'helpPast', canned: 'helpCanned' };

export function HelperColumn({ talk }: { talk: Talk | null }) {
  const { helper } = useDesk();
  function keys(event: KeyboardEvent): void {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? HELPERS.length - 1 : 0;
    if (!step) return;
    event.preventDefault();
    const next = HELPERS[(HELPERS.indexOf(helper) + step) % HELPERS.length]!;
    showHelper(next);
    document.getElementById('help-' + next)?.focus();
  }
  return (
    <section class="pane helper" aria-label={t('helper')}>
      <div class="switch helper-tabs" role="tablist" aria-label={t('helper')} onKeyDown={keys}>
        {HELPERS.map((name) => (
          <button
            key={name} type="button" role="tab" id={'help-' + name} aria-controls="help" aria-selected={helper === name} tabIndex={helper === name ? 0 : -1}
            onClick={() => showHelper(name)}
          >
            {t(HELPER_NAMES[name])}
          </button>
        ))}
      </div>
      <div class="card-scroll" id="help" tabIndex={0} role="tabpanel" aria-labelledby={'help-' + helper}>
        {talk?.row ? <HelperPart key={talk.id + helper} talk={talk} part={helper} /> : <p class="helper-none">{t('helperNone')}</p>}
      </div>
    </section>
  );
}

// HelperPart is one part; then says what follows when something was put into the reply.
export function HelperPart({ talk, part, then }: { talk: Talk; part: Helper; then?: () => void }) {
  switch (part) {
    case 'card': return <CardView talk={talk} />;
    case 'merchant': return <MerchantPart talk={talk} />;
    case 'suggest': return <Suggestions talk={talk} then={then} />;
    case 'past': return <Past talk={talk} />;
    case 'canned': return <CannedTree talk={talk} then={then} />;
  }
}

export function Failed({ error, again }: { error: string; again: () => void }) {
  return (
    <div class="banner red" role="alert">
      <Icon name="alarm" /><span>{error}</span>
      <button type="button" class="button small" onClick={again}>{t('retry')}</button>
    </div>
  );
}

export function Bones() {
  return <div class="skeleton" aria-hidden="true"><i class="bone a" /><i class="bone b" /><i class="bone c" /><i class="bone b" /></div>;
}

const mayWrite = (talk: Talk): boolean => !!talk.row && hold(talk.row) === 'me' && !desk.me?.readonly;

// use puts a suggestion into the reply: as it is, or selected to be written over.
export function use(talk: Talk, it: Suggestion, how: 'insert' | 'edit', then?: () => void): void {
  if (!mayWrite(talk)) return;
  then?.();
  insert(talk, it.text, how === 'edit');
  judge(talk, it, how);
}

function Suggestions({ talk, then }: { talk: Talk; then?: () => void }) {
  const [q, setQ] = useState('');
  const [other, setOther] = useState<Suggestion[] | null>(null);
  const [error, setError] = useState('');
  const got = talk.suggested;
  useEffect(() => { if (!got.at || got.error) void loadSuggestions(talk); }, [talk.id]);

  async function ask(event: Event): Promise<void> {
    event.preventDefault();
    setError('');
    if (!q.trim()) return setOther(null);
    try {
      setOther((await api.suggestions(talk.id, q.trim().slice(0, 200))).suggestions ?? []);
    } catch (problem) {
      setError(api.sentence(problem));
    }
  }
  const list = other ?? got.data;
  const may = mayWrite(talk);
  return (
    <div class="part">
      <form class="ask" role="search" onSubmit={ask}>
        <label class="sr" for="ask">{t('askLibrary')}</label>
        <input id="ask" type="search" value={q} placeholder={t('askLibrary')} maxLength={200} onInput={(e) => { setQ(e.currentTarget.value); if (!e.currentTarget.value) setOther(null); }} />
        <button type="submit" class="icon-button" aria-label={t('searchDo')} title={t('searchDo')}><Icon name="search" /></button>
      </form>
      {error && <p class="red-text" role="alert">{error}</p>}
      {got.error && !list && <Failed error={got.error} again={() => void loadSuggestions(talk)} />}
      {!list && !got.error && <Bones />}
      {list && !list.length && <p class="helper-none">{t('suggestNone')}</p>}
      {list && list.length > 0 && (
        <ol class="suggestions">
          {list.map((it, i) => (
            <li key={it.article} class="suggestion">
              <p class="suggestion-head"><strong>{it.title}</strong><span class="dim">{percent(it.p)}</span>{i < 3 && !other && <kbd>Alt {i + 1}</kbd>}</p>
              <Longish text={it.text} />
              <div class="suggestion-foot">
                <button type="button" class="button small primary" aria-disabled={!may} onClick={() => use(talk, it, 'insert', then)}>{t('insert')}</button>
                <button type="button" class="button small" aria-disabled={!may} onClick={() => use(talk, it, 'edit', then)}>{t('insertEdit')}</button>
                {!desk.me?.readonly && <button type="button" class="button small quiet" onClick={() => { judge(talk, it, 'unfit'); if (other) setOther(other.filter((s) => s !== it)); }}>{t('unfit')}</button>}
              </div>
            </li>
          ))}
        </ol>
      )}
      {list && list.length > 0 && !may && <p class="helper-none">{t('suggestClaim')}</p>}
    </div>
  );
}

// Longish shows the beginning of a long text, and the rest when it is asked for.
function Longish({ text }: { text: string }) {
  const [all, setAll] = useState(false);
  const long = text.length > 140 || text.split('\n').length > 5;
  return (
    <>
      <p class={'longish' + (long && !all ? ' cut' : '')}>{text}</p>
      {long && <button type="button" class="link" aria-expanded={all} onClick={() => setAll(!all)}>{t(all ? 'less' : 'showAll')}</button>}
    </>
  );
}

function Past({ talk }: { talk: Talk }) {
  const got = talk.past;
  useEffect(() => { void loadPast(talk); }, [talk.id]);
  if (!got.data) return got.error ? <Failed error={got.error} again={() => void loadPast(talk)} /> : <Bones />;
  const { current, earlier } = got.data;
  if (!current && !earlier.length) return <p class="helper-none">{t('pastNone')}</p>;
  return (
    <div class="part">
      {current && <section class="card-part first"><h3>{t('pastNow')}</h3><ul class="plain"><EpisodeRow talk={talk} it={current} /></ul></section>}
      <section class={'card-part' + (current ? '' : ' first')}>
        <h3>{t('pastEarlier')}</h3>
        {earlier.length ? <ul class="plain">{earlier.map((it) => <EpisodeRow key={it.conversation + it.first} talk={talk} it={it} />)}</ul> : <p class="helper-none">{t('pastFirst')}</p>}
      </section>
    </div>
  );
}

function EpisodeRow({ talk, it }: { talk: Talk; it: Episode }) {
  return (
    <li class="episode">
      <span class="row-line"><strong class="grow"><bdi>{it.topic || t('noTopic')}</bdi></strong><time class="dim">{stamp(it.opened)}</time></span>
      <span class="dim">
        {it.agents.length ? t('servedBy', { name: it.agents.map((a) => a.name).join('、') }) : t('servedBot')}
        {it.reason && ' · ' + reasonText(it.reason)}
        {it.ended ? '' : ' · ' + t('pastOpen')}
      </span>
      {it.conversation !== talk.id && (
        <span class="row-line"><ChannelName channel={it.channel} /><button type="button" class="link" onClick={() => open(it.conversation)}>{t('openIt')}</button></span>
      )}
    </li>
  );
}

function CannedTree({ talk, then }: { talk: Talk; then?: () => void }) {
  const { canned } = useDesk();
  const [q, setQ] = useState('');
  useEffect(() => { void loadCanned(); }, []);
  if (!canned.data) return canned.error ? <Failed error={canned.error} again={() => void loadCanned()} /> : <Bones />;
  const groups = new Map<string, Canned[]>();
  for (const it of matching(canned.data, q.trim())) {
    const at = it.path.lastIndexOf('/');
    const group = at > 0 ? it.path.slice(0, at) : '';
    groups.set(group, [...(groups.get(group) ?? []), it]);
  }
  const may = mayWrite(talk);
  return (
    <div class="part">
      <div class="ask">
        <label class="sr" for="canned-q">{t('cannedFind')}</label>
        <input id="canned-q" type="search" value={q} placeholder={t('cannedFind')} onInput={(e) => setQ(e.currentTarget.value)} />
      </div>
      {!canned.data.length && <p class="helper-none">{t('cannedNone')}</p>}
      {canned.data.length > 0 && !groups.size && <p class="helper-none">{t('cannedMiss')}</p>}
      {[...groups].map(([group, list]) => (
        <details key={group} class="canned-group" open>
          <summary>{group || t('cannedRest')}<span class="dim"> {list.length}</span></summary>
          <ul class="plain">
            {list.map((it) => (
              <li key={it.id}>
                <button type="button" class="canned-row" aria-disabled={!may} onClick={() => { if (may) { then?.(); insert(talk, filled(it.text, talk)); } }}>
                  <strong>{it.title}</strong><span class="dim clip">{filled(it.text, talk)}</span>
                </button>
              </li>
            ))}
          </ul>
        </details>
      ))}
      <p class="helper-none small">{t('cannedHint')}</p>
    </div>
  );
}

