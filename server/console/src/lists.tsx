// The left pane: four lists with counts, each with its own empty, loading and
// error state.
import { load, loadMore, open, setTab } from './desk';
import { Icon, type IconName } from './icons';
import { hold, isDemo, unread, useDesk } from './state';
import { t, type Key } from './texts';
import { stamp, Waited } from './time';
import { TABS, type Row, type Tab } from './types';

export function Lists() {
  const { tab, lists, counts } = useDesk();
  const list = lists[tab];
  const known = TABS.some((name) => lists[name].loaded);

  function keys(event: KeyboardEvent): void {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? TABS.length - 1 : 0;
    if (!step) return;
    event.preventDefault();
    const next = TABS[(TABS.indexOf(tab) + step) % TABS.length]!;
    setTab(next);
    document.getElementById('tab-' + next)?.focus();
  }

  return (
    <>
      <div class="tabs" role="tablist" aria-label={t('lists')} onKeyDown={keys}>
        {TABS.map((name) => (
          <button
            key={name} type="button" role="tab" id={'tab-' + name} aria-controls="list" aria-selected={name === tab}
            tabIndex={name === tab ? 0 : -1} onClick={() => setTab(name)}
            class={'tab' + (name === 'queued' && counts.queued ? ' calls' : '')}
          >
            <span class="tab-name">{t(name)}</span>
            <span class="tab-count">{!known ? '–' : counts[name] > 999 ? '999+' : counts[name]}</span>
          </button>
        ))}
      </div>
      <div class="list" id="list" role="tabpanel" aria-labelledby={'tab-' + tab} aria-busy={list.loading}>
        {list.error && (
          <div class="banner red list-error" role="alert">
            <Icon name="alarm" />
            <span>{t('listFailed')}{' '}{list.error}</span>
            <button type="button" class="button small" onClick={() => void load(tab)}>{t('retry')}</button>
          </div>
        )}
        {!list.loaded && !list.error && <RowsSkeleton />}
        {list.loaded && !list.rows.length && !list.error && <Empty tab={tab} />}
        {list.rows.length > 0 && (
          <ul class="rows">
            {list.rows.map((row) => <li key={row.id}><RowButton row={row} tab={tab} /></li>)}
          </ul>
        )}
        {list.next && list.loaded && (
          <button type="button" class="button quiet wide more" aria-disabled={list.loading} onClick={() => void loadMore(tab)}>
            {t(list.loading ? 'loading' : 'more')}
          </button>
        )}
      </div>
    </>
  );
}

function RowButton({ row, tab }: { row: Row; tab: Tab }) {
  const { open: current } = useDesk();
  const fresh = unread(row);
  const held = hold(row);
  const live = tab === 'queued' || tab === 'mine';
  return (
    <button
      type="button" class={'row' + (fresh ? ' unread' : '')} data-id={row.id} aria-current={row.id === current ? 'true' : undefined}
      onClick={() => open(row.id)}
    >
      <span class="row-line">
        {fresh && <span class="row-dot"><span class="sr">{t('unread')}</span></span>}
        <bdi class="row-title">{row.title}</bdi>
        {isDemo(row) ? <span class="tag plain">{t('demo')}</span> : row.verified && <Verified />}
        <span class="grow" />
        {live ? <Waited since={row.since} alarm={tab === 'queued' || fresh} /> : <time class="waited">{stamp(row.since)}</time>}
      </span>
      <span class="row-line row-topic">
        <bdi class="clip">{row.topic || t('noTopic')}</bdi>
        <Codes codes={row.codes} />
      </span>
      <span class="row-line row-foot">
        <bdi class="clip">{row.preview}</bdi>
        {tab === 'closed' || tab === 'bot' ? null : held === 'other' && <span class="tag">{row.holder.agent?.name}</span>}
        <ChannelName channel={row.channel} />
      </span>
    </button>
  );
}

export function Codes({ codes }: { codes?: string[] | null }) {
  return <>{(codes ?? []).map((code) => <code key={code} class="code">{code}</code>)}</>;
}

export function Verified() {
  return <span class="verified" title={t('verified')}><Icon name="verified" /><span class="sr">{t('verified')}</span></span>;
}

const CHANNELS: Record<string, IconName> = { web: 'web', wechat: 'wechat', 'wechat-kf': 'wechat', terminal: 'terminal' };

export function ChannelName({ channel }: { channel: string }) {
  const icon = CHANNELS[channel];
  return <span class={'channel ' + (icon ? channel : '')}>{icon && <Icon name={icon} />}{icon ? t(channel as Key) : channel}</span>;
}

const EMPTY: Record<Tab, [IconName, Key, Key]> = {
  queued: ['cup', 'emptyQueued', 'emptyQueuedMore'],
  mine: ['take', 'emptyMine', 'emptyMineMore'],
  bot: ['bot', 'emptyBot', 'emptyBotMore'],
  closed: ['check', 'emptyClosed', 'emptyClosedMore'],
};

function Empty({ tab }: { tab: Tab }) {
  const [icon, head, more] = EMPTY[tab];
  return (
    <div class="empty">
      <span class="empty-icon"><Icon name={icon} /></span>
      <p class="empty-head">{t(head)}</p>
      <p>{t(more)}</p>
    </div>
  );
}

export function RowsSkeleton() {
  return (
    <div class="skeleton" aria-hidden="true">
      {[0, 1, 2, 3, 4].map((n) => <div key={n} class="bone-row"><i class="bone a" /><i class="bone b" /><i class="bone c" /></div>)}
    </div>
  );
}
